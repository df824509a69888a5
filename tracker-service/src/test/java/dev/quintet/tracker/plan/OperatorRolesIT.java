package dev.quintet.tracker.plan;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may not. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class OperatorRolesIT {
  Database database;
  Tokens tokens;

  @ParameterizedTest(name = "{0} {1}: {2} or more")
  @CsvSource({
    "POST,   /api/v1/clusters/C/reshards,            devops",
    "GET,    /api/v1/clusters/C/reshards,            devops",
    "GET,    /api/v1/clusters/C/reshards/1,          devops",
    "POST,   /api/v1/clusters/C/reshards/1/cutover,  devops",
    "POST,   /api/v1/clusters/C/reshards/1/abort,    devops",
    "POST,   /api/v1/clusters/C/drains,              devops",
    "GET,    /api/v1/clusters/C/drains,              devops",
    "GET,    /api/v1/clusters/C/drains/1,            devops",
    "DELETE, /api/v1/clusters/C/drains/1,            devops",
    "POST,   /api/v1/clusters/C/rebalance,           devops",
    "POST,   /api/v1/maintenance/cleanup,            devops",
    "POST,   /api/v1/clusters/C/shards/0/revoke,     admin",
    "POST,   /api/v1/clusters,                       admin",
    "PATCH,  /api/v1/clusters/C,                     admin",
    "DELETE, /api/v1/clusters/C,                     admin"
  })
  void lesserRolesAreRefusedBeforeAnythingElse(String method, String path, String least) {
    var fleet = new Fleet(database, tokens, 1, Map.of());
    String address = path.replace("/C", "/" + fleet.cluster);
    given()
        .contentType("application/json")
        .body("{}")
        .request(method, address)
        .then()
        .statusCode(401)
        .body("code", equalTo("unauthenticated"));
    for (String role :
        least.equals("admin")
            ? new String[] {"service", "user", "devops"}
            : new String[] {"service", "user"}) {
      fleet
          .as(role)
          .body("{}")
          .request(method, address)
          .then()
          .statusCode(403)
          .body("code", equalTo("forbidden"));
    }
    for (String role :
        least.equals("admin") ? new String[] {"admin"} : new String[] {"devops", "admin"}) {
      int status =
          fleet.as(role).body("{\"no_such_field\":1}").request(method, address).statusCode();
      assertThat(status).as(role).isNotIn(401, 403).isLessThan(500);
    }
  }
}
