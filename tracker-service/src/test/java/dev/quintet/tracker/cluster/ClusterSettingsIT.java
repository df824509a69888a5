package dev.quintet.tracker.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clusters as administrators make, change and end them. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class ClusterSettingsIT {
  Database database;
  Tokens tokens;

  private final String name = "settings-" + UUID.randomUUID().toString().substring(0, 13);

  private RequestSpecification admin() {
    return given().auth().oauth2(tokens.of("admin")).contentType("application/json");
  }

  private ValidatableResponse make(Map<String, Object> more) {
    var body = new java.util.LinkedHashMap<String, Object>(more);
    body.put("cluster_name", name);
    body.put("total_shards", 4);
    return admin().body(body).post("/api/v1/clusters").then();
  }

  private ValidatableResponse change(String ifMatch, String body) {
    return admin().header("If-Match", ifMatch).body(body).patch("/api/v1/clusters/" + name).then();
  }

  private void acquire(String instance) {
    given()
        .auth()
        .oauth2(tokens.of("service"))
        .contentType("application/json")
        .body(
            Map.of("instance_id", instance, "incarnation", UUID.randomUUID().toString(), "want", 2))
        .post("/api/v1/clusters/" + name + "/assignments")
        .then()
        .statusCode(201);
  }

  @Test
  void aClusterHasWhatWasNotSaidByDefault() {
    make(Map.of("max_concurrency", 2, "lease_ttl_ms", 6000, "fencing_mode", "available"))
        .statusCode(201)
        .header("Location", endsWith("/api/v1/clusters/" + name))
        .header("ETag", equalTo("\"1\""))
        .body("application_id", equalTo(name))
        .body("max_concurrency", equalTo(2))
        .body("heartbeat_interval_ms", equalTo(2000))
        .body("takeover_grace_ms", equalTo(5000))
        .body("fencing_mode", equalTo("available"))
        .body("identify_reserve", equalTo(50))
        .body("generation", equalTo(1));
    make(Map.of()).statusCode(409).body("code", equalTo("cluster_exists"));
  }

  @Test
  void ofTwentyWhoMakeItAtOnceOneDoes() {
    var statuses = Race.of(20, () -> make(Map.of()).extract().statusCode());
    assertThat(statuses.stream().filter(status -> status == 201)).hasSize(1);
    assertThat(statuses).containsOnly(201, 409);
  }

  @Test
  void twentyTriesWithOneKeyGiveOneAnswer() {
    String key = UUID.randomUUID().toString();
    var body = Map.of("cluster_name", name, "total_shards", 4);
    var answers =
        Race.of(
            20, () -> admin().header("Idempotency-Key", key).body(body).post("/api/v1/clusters"));
    assertThat(answers).allMatch(answer -> answer.statusCode() == 201);
    assertThat(answers.stream().map(answer -> answer.asString()).distinct()).hasSize(1);
    assertThat(answers).allMatch(answer -> "\"1\"".equals(answer.header("ETag")));
  }

  @Test
  void aChangeNeedsTheVersionItWasDecidedOn() {
    make(Map.of()).statusCode(201);
    admin()
        .body("{}")
        .patch("/api/v1/clusters/" + name)
        .then()
        .statusCode(428)
        .body("code", equalTo("if_match_required"));
    change("\"1\"", "{\"max_moves_per_minute\": 3, \"lease_ttl_ms\": 90000}")
        .statusCode(200)
        .header("ETag", equalTo("\"2\""))
        .body("max_moves_per_minute", equalTo(3))
        .body("lease_ttl_ms", equalTo(90000))
        .body("config_version", equalTo(2));
    change("\"1\"", "{\"max_moves_per_minute\": 4}")
        .statusCode(412)
        .body("code", equalTo("config_version_mismatch"))
        .body("config_version", equalTo(2));
    change("\"x\"", "{}").statusCode(412);
    change("2", "{\"max_moves_per_minute\": 3}").statusCode(200).header("ETag", equalTo("\"2\""));
    change("*", "{\"max_moves_per_minute\": 5}").statusCode(200).header("ETag", equalTo("\"3\""));
  }

  @Test
  void ofTenChangesDecidedOnOneVersionOneIsMade() {
    make(Map.of()).statusCode(201);
    var statuses =
        Race.of(
            10,
            n ->
                () ->
                    change("\"1\"", "{\"max_moves_per_minute\": " + (100 + n) + "}")
                        .extract()
                        .statusCode());
    assertThat(statuses.stream().filter(status -> status == 200)).hasSize(1);
    assertThat(statuses).containsOnly(200, 412);
  }

  @Test
  void theNumberOfShardsChangesByAReshardOnly() {
    make(Map.of()).statusCode(201);
    change("\"1\"", "{\"total_shards\": 8}").statusCode(409).body("code", equalTo("use_reshard"));
    change("\"1\"", "{\"total_shards\": 4}").statusCode(200);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "'{\"max_concurrency\": 0}',           max_concurrency",
    "'{\"max_concurrency\": 4097}',        max_concurrency",
    "'{\"shard_multiple\": 0}',            shard_multiple",
    "'{\"lease_ttl_ms\": 1999}',           lease_ttl_ms",
    "'{\"lease_ttl_ms\": 600001}',         lease_ttl_ms",
    "'{\"takeover_grace_ms\": 60001}',     takeover_grace_ms",
    "'{\"resume_max_age_ms\": -1}',        resume_max_age_ms",
    "'{\"identify_use_within_ms\": 49}',   identify_use_within_ms",
    "'{\"max_moves_per_minute\": 0}',      max_moves_per_minute",
    "'{\"identify_reserve\": -1}',         identify_reserve",
    "'{\"application_id\": \"\"}',         application_id",
    "'{\"fencing_mode\": \"lax\"}',        fencing_mode",
    "'{\"lease_ttl_ms\": \"9000\"}',       lease_ttl_ms"
  })
  void aSettingOutOfBoundsIsNamed(String body, String setting) {
    make(Map.of()).statusCode(201);
    change("\"1\"", body)
        .statusCode(422)
        .body("code", equalTo("invalid_setting"))
        .body("errors[0].pointer", equalTo("/" + setting));
  }

  @Test
  void theIntervalIsBoundByTheLeaseThatIsThereToo() {
    make(Map.of()).statusCode(201);
    change("\"1\"", "{\"lease_ttl_ms\": 9000}")
        .statusCode(422)
        .body("code", equalTo("invalid_setting"))
        .body("setting", equalTo("heartbeat_interval_ms"))
        .body("max", equalTo(3000));
  }

  @Test
  void allThatIsWrongWithAClusterIsToldAtOnce() {
    admin()
        .body(
            "{\"cluster_name\": \"-x\", \"total_shards\": 65537, \"lease_ttl_ms\": 1, \"fencing_mode\": 3}")
        .post("/api/v1/clusters")
        .then()
        .statusCode(422)
        .body(
            "errors.pointer",
            containsInAnyOrder("/cluster_name", "/total_shards", "/lease_ttl_ms", "/fencing_mode"));
    admin()
        .body(Map.of("cluster_name", name, "total_shards", 24, "shard_multiple", 16))
        .post("/api/v1/clusters")
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_total_shards"));
    admin()
        .body("{\"cluster_name\":\"" + name + "\",\"total_shards\":1,\"extra\":1}")
        .post("/api/v1/clusters")
        .then()
        .statusCode(422)
        .body("code", equalTo("unknown_field"));
  }

  @Test
  void aClusterWithLiveLeasesIsDeletedByForceOnly() {
    make(Map.of()).statusCode(201);
    acquire("bot-1");
    admin()
        .delete("/api/v1/clusters/" + name)
        .then()
        .statusCode(409)
        .body("code", equalTo("leases_live"))
        .body("live", equalTo(2));
    admin().delete("/api/v1/clusters/" + name + "?force=yes").then().statusCode(422);
    admin()
        .delete("/api/v1/clusters/" + name + "?force=true")
        .then()
        .statusCode(200)
        .body("revoked", equalTo(2));
    admin()
        .delete("/api/v1/clusters/" + name + "?force=true")
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_cluster"));
    assertThat(
            database.value(
                "SELECT count(*) FROM tracker.cluster_management WHERE cluster_name = ?", name))
        .isEqualTo(0L);
    assertThat(
            database.value(
                "SELECT count(*) FROM tracker.shard_events WHERE cluster_name = ? AND kind IN ('shard.revoked', 'cluster.deleted')",
                name))
        .isEqualTo(3L);
  }

  @Test
  void aNameThatComesBackGoesOnWithHigherEpochs() {
    make(Map.of()).statusCode(201);
    acquire("bot-1");
    long before =
        (long)
            java.util.Objects.requireNonNull(
                database.value(
                    "SELECT max(epoch) FROM tracker.shard_leases WHERE cluster_name = ?", name));
    admin().delete("/api/v1/clusters/" + name + "?force=true").then().statusCode(200);

    make(Map.of()).statusCode(201).body("generation", equalTo(2));
    acquire("bot-1");

    assertThat(
            (long)
                java.util.Objects.requireNonNull(
                    database.value(
                        "SELECT min(epoch) FROM tracker.v_shards WHERE cluster_name = ? AND instance_id = 'bot-1'",
                        name)))
        .isGreaterThan(before);
  }

  @Test
  void aTokenForOtherClustersMakesNone() {
    change("\"1\"", "{}").statusCode(404).body("code", equalTo("unknown_cluster"));
    admin()
        .patch("/api/v1/clusters/-")
        .then()
        .statusCode(org.hamcrest.Matchers.isOneOf(400, 415, 422));
  }
}
