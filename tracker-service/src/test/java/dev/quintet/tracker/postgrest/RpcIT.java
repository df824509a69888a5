package dev.quintet.tracker.postgrest;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The seed's functions under our own contract. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // filled in by ServiceBackends
class RpcIT {
  Database database;
  Tokens tokens;

  private ValidatableResponse call(String token, String function, Object body) {
    return given()
        .auth()
        .oauth2(token)
        .contentType("application/json")
        .body(body)
        .post("/api/v1/rpc/" + function)
        .then();
  }

  private ValidatableResponse asService(String function, Object body) {
    return call(tokens.of("service"), function, body);
  }

  private static String newCluster() {
    return "rpc-" + UUID.randomUUID().toString().substring(0, 8);
  }

  @Test
  void theSeedsExampleTwiceGivesOneShard() {
    var example =
        Map.of(
            "p_instance_id", "discord-bot-pod-1",
            "p_cluster_name", newCluster(),
            "p_hostname", "discord-bot-pod-1",
            "p_pod_ip", "10.244.1.5",
            "p_node_name", "node-1");

    asService("upsert_instance_assignment", example)
        .statusCode(200)
        .body("", hasSize(1))
        .body("[0].assigned_shard_id", equalTo(0))
        .body("[0].total_shards", equalTo(2))
        .body("[0].assignment_strategy", equalTo("first_assignment"))
        .body("[0].is_new_assignment", equalTo(true));
    asService("upsert_instance_assignment", example)
        .statusCode(200)
        .body("[0].assigned_shard_id", equalTo(0))
        .body("[0].assignment_strategy", equalTo("existing_assignment"))
        .body("[0].is_new_assignment", equalTo(false));
  }

  @Test
  void whenAllAreHeldNothingIsGiven() {
    String cluster = newCluster();
    for (String bot : new String[] {"a", "b"}) {
      asService(
              "upsert_instance_assignment", Map.of("p_instance_id", bot, "p_cluster_name", cluster))
          .statusCode(200);
    }

    asService("upsert_instance_assignment", Map.of("p_instance_id", "c", "p_cluster_name", cluster))
        .statusCode(200)
        .body("[0].assigned_shard_id", nullValue())
        .body("[0].assignment_strategy", equalTo("none_available"));
    asService("get_next_available_shard", Map.of("p_cluster_name", cluster))
        .statusCode(200)
        .body("[0].shard_id", nullValue())
        .body("[0].active_shards", hasSize(2));
  }

  @Test
  void adviceForAnUnknownClusterIsQuickWhateverItsSize() {
    asService(
            "get_next_available_shard",
            Map.of("p_cluster_name", newCluster(), "p_total_shards", Integer.MAX_VALUE))
        .statusCode(200)
        .body("[0].shard_id", equalTo(0));
  }

  @Test
  void cleaningUpTellsWhoWent() {
    String cluster = newCluster();
    asService(
            "upsert_instance_assignment", Map.of("p_instance_id", "old", "p_cluster_name", cluster))
        .statusCode(200);
    var unused =
        database.update(
            "UPDATE tracker.cluster_management SET last_heartbeat = now() - interval '20 minutes'"
                + " WHERE cluster_name = ?",
            cluster);

    call(
            tokens.of("devops"),
            "cleanup_stale_assignments",
            Map.of("p_stale_threshold", "15 minutes"))
        .statusCode(200)
        .body("[0].affected_instances", org.hamcrest.Matchers.hasItem("old/" + cluster));
  }

  @ParameterizedTest
  @CsvSource({
    "upsert_instance_assignment, user",
    "upsert_instance_assignment, devops",
    "upsert_instance_assignment, admin",
    "get_next_available_shard, user",
    "get_next_available_shard, admin",
    "cleanup_stale_assignments, user",
    "cleanup_stale_assignments, service",
  })
  void eachFunctionHasItsRole(String function, String role) {
    call(tokens.of(role), function, Map.of()).statusCode(403).body("code", equalTo("forbidden"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "...", " ", "a.", ".a.", "a..b", "x"})
  void aBearerThatIsNothingIs401(String token) {
    given()
        .header("Authorization", "Bearer " + token)
        .contentType("application/json")
        .body("{}")
        .post("/api/v1/rpc/get_next_available_shard")
        .then()
        .statusCode(401)
        .body("code", equalTo("unauthenticated"));
    given()
        .header("apikey", token)
        .get("/rest/v1/cluster_management")
        .then()
        .statusCode(401)
        .body("code", startsWith("PGRST30"));
  }

  @Test
  void anAdminMayCleanUpToo() {
    call(tokens.of("admin"), "cleanup_stale_assignments", Map.of("p_stale_threshold", "10 years"))
        .statusCode(200)
        .body("[0].cleaned_count", equalTo(0));
  }

  @Test
  void aTokenForSomeClustersReachesNoOther() {
    for (String function :
        new String[] {"upsert_instance_assignment", "get_next_available_shard"}) {
      var arguments =
          function.startsWith("upsert")
              ? Map.of("p_instance_id", "a", "p_cluster_name", newCluster())
              : Map.of("p_cluster_name", newCluster());
      call(tokens.limited(), function, arguments)
          .statusCode(403)
          .body("code", equalTo("cluster_not_in_scope"));
    }
  }

  @Test
  void anUnknownFunctionIs404() {
    asService("acquire_shards", Map.of())
        .statusCode(404)
        .body("code", equalTo("unknown_function"))
        .body("detail", containsString("upsert_instance_assignment"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "upsert_instance_assignment|{}|required",
        "upsert_instance_assignment|{'p_instance_id':'','p_cluster_name':'c'}|invalid_instance_id",
        "upsert_instance_assignment|{'p_instance_id':5,'p_cluster_name':'c'}|invalid_instance_id",
        "upsert_instance_assignment|{'p_instance_id':'a','p_cluster_name':''}|invalid_cluster_name",
        "upsert_instance_assignment|{'p_instance_id':'a','p_cluster_name':'c','p_pod_ip':'x'}|invalid_pod_ip",
        "upsert_instance_assignment|{'p_instance_id':'a','p_cluster_name':'c','p_total_shards':0}|invalid_total_shards",
        "upsert_instance_assignment|{'p_instance_id':'a','p_cluster_name':'new-70000','p_total_shards':70000}|invalid_total_shards",
        "upsert_instance_assignment|{'p_instance_id':'a','p_cluster_name':'c','p_total_shards':'2'}|invalid_total_shards",
        "upsert_instance_assignment|{'instance_id':'a','p_instance_id':'a','p_cluster_name':'c'}|unknown_field",
        "get_next_available_shard|{'p_cluster_name':'c','p_active_threshold':'soon'}|invalid_threshold",
        "get_next_available_shard|{'p_cluster_name':'c','p_active_threshold':'-5 minutes'}|invalid_threshold",
        "get_next_available_shard|{'p_cluster_name':'c','p_active_threshold':5}|invalid_threshold",
        "get_next_available_shard|{'p_cluster_name':'c','p_total_shards':-1}|invalid_total_shards",
        "cleanup_stale_assignments|{'p_stale_threshold':'-1 minutes'}|invalid_threshold",
        "cleanup_stale_assignments|{'p_stale_threshold':null}|invalid_threshold",
        "cleanup_stale_assignments|{'p_stale_threshold':'99999999999 years'}|invalid_threshold",
        "cleanup_stale_assignments|{'threshold_minutes':5}|unknown_field",
      })
  void badArgumentsAre422(String function, String body, String code) {
    String role = function.startsWith("cleanup") ? "devops" : "service";
    call(tokens.of(role), function, body.replace('\'', '"'))
        .statusCode(422)
        .body("code", equalTo(code));
  }
}
