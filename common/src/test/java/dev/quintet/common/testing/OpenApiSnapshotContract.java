package dev.quintet.common.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.restassured.RestAssured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The published contract changes only on purpose: the committed document must be what the service
 * says.
 */
public abstract class OpenApiSnapshotContract {
  private static final String REFRESH = "quintet.openapi.refresh";

  @Test
  void theCommittedContractIsWhatTheServiceSays() throws IOException {
    String said =
        RestAssured.given()
            .accept("application/yaml")
            .get("/q/openapi")
            .then()
            .statusCode(200)
            .extract()
            .asString();
    Path committed = Path.of("src/main/openapi/openapi.yaml");
    if (Boolean.getBoolean(REFRESH)) {
      Files.createDirectories(committed.getParent());
      Files.writeString(committed, said);
      return;
    }
    assertThat(said)
        .as(
            "the HTTP contract differs from %s; if that is meant, refresh it: mvn verify -D%s=true and commit it",
            committed, REFRESH)
        .isEqualTo(Files.exists(committed) ? Files.readString(committed) : "");
  }
}
