package dev.quintet.autoscaler.contract;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.common.testing.Contract;
import dev.quintet.common.testing.OpenApiSecurityContract;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Scenario A18: each operation with each credential. Roles are those of the accounts. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
class OpenApiSecurityIT extends OpenApiSecurityContract {
  /** Of the right form, and nobody's. */
  private static final String KEY = "ask_" + "A".repeat(43);

  @Override
  protected Set<String> open() {
    return Set.of(
        "GET /api/v1/config/public",
        "POST /api/v1/auth/login",
        // It looks at the enrolment token by itself.
        "POST /api/v1/nodes/register");
  }

  @Override
  protected Set<String> keyRoles() {
    return Set.of(NodeKey.ROLE);
  }

  /** Nor does a wrong key open what a right one opens. */
  @Test
  void aNodesKeyOpensNothingOfPeoples() {
    List<String> unexpected = new ArrayList<>();
    for (var operation : Contract.of("http://localhost:" + RestAssured.port).operations()) {
      if (open().contains(operation.toString())) {
        continue;
      }
      boolean nodes = operation.roles().contains(NodeKey.ROLE);
      String path = operation.path().replaceAll("\\{[^}]*}", "2147483647");
      for (String key : List.of(KEY, "ask_short")) {
        var reply =
            given()
                .header(NodeKey.HEADER, key)
                .contentType("application/json")
                .body(operation.hasBody() ? "{}" : "")
                .request(operation.verb(), path);
        int expected = key.equals(KEY) && !nodes ? 403 : 401;
        boolean asSaid =
            reply.statusCode() == expected
                // A node's call is checked by the statement that does the work, after its body.
                || (nodes && key.equals(KEY) && reply.statusCode() == 422);
        if (!asSaid) {
          unexpected.add(operation + " with " + key + ": " + reply.statusCode());
        }
      }
    }
    assertThat(unexpected).isEmpty();
  }
}
