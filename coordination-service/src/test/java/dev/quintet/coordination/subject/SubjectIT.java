package dev.quintet.coordination.subject;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // filled in by ServiceBackends and Quarkus
class SubjectIT {
  private static final String ROLE_OF = "SELECT role FROM coordination.users WHERE id = ?::uuid";

  @Inject People people;
  @Inject ObjectMapper json;

  Database database;
  Tokens tokens;

  @Test
  void aUserIsMadeReplacedAndForgotten() {
    var id = UUID.randomUUID();
    as("service")
        .body("{\"email\": \"eva@example.test\", \"subscription_tier\": \"pro\"}")
        .put("/api/v1/users/" + id)
        .then()
        .statusCode(201)
        .body("id", equalTo(id.toString()), "role", equalTo("user"), "updated_at", nullValue());
    as("admin")
        .body("{\"role\": \"devops\"}")
        .put("/api/v1/users/" + id)
        .then()
        .statusCode(200)
        .body("email", nullValue(), "subscription_tier", equalTo("free"))
        .body("updated_at", notNullValue());
    as("service").get("/api/v1/users/" + id).then().statusCode(200).body("role", equalTo("devops"));
    as("service").delete("/api/v1/users/" + id).then().statusCode(204);
    as("service")
        .get("/api/v1/users/" + id)
        .then()
        .statusCode(404)
        .body("code", equalTo("not_found"));
    as("service").delete("/api/v1/users/" + id).then().statusCode(404);
  }

  @Test
  void aDocumentIsMadeReplacedAndForgotten() {
    var user = UUID.randomUUID();
    var id = UUID.randomUUID();
    as("service").body("{}").put("/api/v1/users/" + user).then().statusCode(201);
    as("service")
        .body(
            Map.of(
                "user_id",
                user,
                "status",
                "analyzed",
                "content_hash",
                "AB12".repeat(16),
                "perceptual_hash",
                "00FF00FF00FF00FF",
                "title",
                "a menu",
                "metadata",
                Map.of("pages", 2)))
        .put("/api/v1/documents/" + id)
        .then()
        .statusCode(201)
        .body(
            "content_hash",
            equalTo("ab12".repeat(16)),
            "perceptual_hash",
            equalTo("00ff00ff00ff00ff"))
        .body("metadata.pages", equalTo(2));
    as("service").body("{}").put("/api/v1/documents/" + id).then().statusCode(200);
    as("service")
        .get("/api/v1/documents/" + id)
        .then()
        .body("status", equalTo("uploaded"), "user_id", nullValue(), "metadata.size()", equalTo(0));
    as("service").delete("/api/v1/documents/" + id).then().statusCode(204);
    as("service").delete("/api/v1/documents/" + id).then().statusCode(404);
  }

  @Test
  void aUsersDocumentsGoWithHim() {
    var user = UUID.randomUUID();
    var id = UUID.randomUUID();
    as("service").body("{}").put("/api/v1/users/" + user).then().statusCode(201);
    as("service")
        .body(Map.of("user_id", user))
        .put("/api/v1/documents/" + id)
        .then()
        .statusCode(201);
    as("service").delete("/api/v1/users/" + user).then().statusCode(204);
    as("service").get("/api/v1/documents/" + id).then().statusCode(404);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "users|{\"role\": \"root\"}|invalid_value",
        "users|{\"subscription_tier\": \"gold\"}|invalid_value",
        "users|{\"name\": \"x\"}|unknown_field",
        "documents|{\"status\": \"lost\"}|invalid_value",
        "documents|{\"content_hash\": \"xyz\"}|invalid_hash",
        "documents|{\"perceptual_hash\": \"123\"}|bad_phash",
        "documents|{\"metadata\": [1]}|metadata_not_object",
        "documents|{\"user_id\": \"8c2bbf2a-0000-4000-8000-000000000000\"}|unknown_user",
        "documents|{\"user_id\": \"me\"}|wrong_type"
      })
  void whatIsWrongIsRefused(String what, String body, String code) {
    as("service")
        .body(body)
        .put("/api/v1/" + what + "/" + UUID.randomUUID())
        .then()
        .statusCode(422)
        .body("code", equalTo(code));
  }

  @Test
  void tooMuchMetadataIsRefused() {
    as("service")
        .body(Map.of("metadata", Map.of("text", "x".repeat(9_000))))
        .put("/api/v1/documents/" + UUID.randomUUID())
        .then()
        .statusCode(422)
        .body("code", equalTo("metadata_too_large"));
    as("service").body("{}").put("/api/v1/documents/me").then().statusCode(422);
  }

  @ParameterizedTest
  @CsvSource({"user", "devops"})
  void othersMayNotWriteThem(String role) {
    as(role).body("{}").put("/api/v1/users/" + UUID.randomUUID()).then().statusCode(403);
    as(role).get("/api/v1/documents/" + UUID.randomUUID()).then().statusCode(403);
  }

  @ParameterizedTest
  @CsvSource({"uwe, user", "dev, devops", "ada, admin"})
  void aPersonHasARowFromHisFirstCall(String name, String role) {
    var sub = sub(tokens.ofUser(name));
    database.update("DELETE FROM coordination.users WHERE id = ?::uuid", sub);
    people.forget();

    // At once, and he may not even do what he asks for.
    Race.of(
        8,
        () -> given().auth().oauth2(tokens.ofUser(name)).get("/api/v1/users/" + sub).statusCode());

    assertThat(database.value(ROLE_OF, sub)).isEqualTo(role);
    assertThat(database.value("SELECT email FROM coordination.users WHERE id = ?::uuid", sub))
        .isEqualTo(name + "@example.test");
  }

  @Test
  void aPersonKeepsHisTierAndGetsTheRoleOfHisToken() {
    var sub = sub(tokens.ofUser("uwe"));
    as("service")
        .body("{\"role\": \"admin\", \"subscription_tier\": \"premium\"}")
        .put("/api/v1/users/" + sub)
        .then()
        .statusCode(org.hamcrest.Matchers.oneOf(200, 201));

    as("user").get("/api/v1/users/" + sub).then().statusCode(403);

    assertThat(database.value(ROLE_OF, sub)).isEqualTo("user");
    assertThat(
            database.value(
                "SELECT subscription_tier FROM coordination.users WHERE id = ?::uuid", sub))
        .isEqualTo("premium");
  }

  @Test
  void aClientHasNone() {
    as("service").get("/api/v1/users/" + UUID.randomUUID()).then().statusCode(404);
    assertThat(
            database.rows(
                "SELECT 1 FROM coordination.users WHERE id = ?::uuid", sub(tokens.of("service"))))
        .isEmpty();
  }

  private RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role)).contentType("application/json");
  }

  private String sub(String token) {
    try {
      var claims =
          json.readValue(Base64.getUrlDecoder().decode(token.split("\\.")[1]), HashMap.class);
      return String.valueOf(claims.get("sub"));
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
