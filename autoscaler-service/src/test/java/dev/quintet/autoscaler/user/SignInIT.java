package dev.quintet.autoscaler.user;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import dev.quintet.autoscaler.testing.People;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Accounts of Keycloak's people: made at first sight, kept up to date, ruled by administrators. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class SignInIT {
  private static final String PASSWORD = "correct horse battery";

  Database database;
  Tokens tokens;

  private People people;

  @BeforeEach
  @AfterEach
  void forget() {
    people = new People(database, tokens);
    people.forget();
    var unused = database.update("DELETE FROM autoscaler.users WHERE full_name = 'Some Body'");
  }

  private @Nullable Object lastNumber() {
    return database.value("SELECT last_value FROM autoscaler.users_id_seq");
  }

  @Test
  void whoComesForTheFirstTimeGetsAnAccount() {
    int id =
        people
            .me("dev")
            .statusCode(200)
            .body(
                "role", equalTo("DEVOPS"),
                "user.email", equalTo("dev@example.test"),
                "user.full_name", equalTo("Dev Ops"),
                "user.auth_provider", equalTo("keycloak"),
                "user.role_override", equalTo(false),
                "user.is_active", equalTo(true))
            .extract()
            .path("user.id");
    people.me("dev").statusCode(200).body("user.id", equalTo(id));

    assertThat(people.row(id).get("hashed_password")).isNull();
    assertThat(people.audited("KEYCLOAK_LOGIN", "SUCCESS", id)).isEqualTo(1);
    assertThat(people.audited("USER_UPDATED", "SUCCESS", id)).isZero();
  }

  @Test
  void eachRoleOfKeycloaksIsMapped() {
    people.me("ada").body("role", equalTo("ADMIN"));
    people.me("uwe").body("role", equalTo("USER"));
    people.me("nora").body("role", equalTo("USER"));
  }

  @Test
  void aServiceHasNoAccount() {
    long before = database.count("autoscaler.users");
    given()
        .auth()
        .oauth2(tokens.of("service"))
        .get("/api/v1/auth/me")
        .then()
        .statusCode(200)
        .body("role", equalTo("SERVICE"), "name", equalTo("discord-bot"), "user", nullValue());
    assertThat(database.count("autoscaler.users")).isEqualTo(before);
  }

  @Test
  void aHundredFirstRequestsMakeOneAccount() {
    Object before = lastNumber();

    var statuses = Race.of(100, () -> people.me("nora").extract().statusCode());

    assertThat(statuses).containsOnly(200);
    var rows = database.rows("SELECT id FROM autoscaler.users WHERE email = 'nora@example.test'");
    assertThat(rows).hasSize(1);
    assertThat(
            people.audited("KEYCLOAK_LOGIN", "SUCCESS", String.valueOf(rows.getFirst().get("id"))))
        .isEqualTo(1);
    assertThat(lastNumber()).isEqualTo(before == null ? null : (long) before + 1);
  }

  @Test
  void aThousandRequestsTakeNoNumber() {
    int id = people.seen("uwe");
    Object before = lastNumber();
    Object written = database.value("SELECT xmin::text FROM autoscaler.users WHERE id = ?", id);

    var statuses =
        Race.of(
            10,
            () ->
                java.util.stream.IntStream.range(0, 100)
                    .mapToObj(n -> people.me("uwe").extract().statusCode())
                    .toList());

    assertThat(statuses.stream().flatMap(List::stream)).hasSize(1000).containsOnly(200);
    assertThat(lastNumber()).isEqualTo(before);
    assertThat(database.value("SELECT xmin::text FROM autoscaler.users WHERE id = ?", id))
        .isEqualTo(written);
  }

  @Test
  void whatChangesInKeycloakIsFollowed() {
    int id = people.seen("dev");
    var aged =
        database.update(
            "UPDATE autoscaler.users SET role = 'USER', full_name = 'Old', email = 'old@example.test' WHERE id = ?",
            id);
    assertThat(aged).isEqualTo(1);

    people
        .me("dev")
        .statusCode(200)
        .body("role", equalTo("DEVOPS"), "user.email", equalTo("dev@example.test"))
        .body("user.full_name", equalTo("Dev Ops"));

    var row =
        database
            .rows(
                "SELECT user_email, user_role, details FROM autoscaler.audit_logs WHERE action = 'USER_UPDATED' AND resource_id = ?",
                Integer.toString(id))
            .getFirst();
    assertThat(row).containsEntry("user_email", "system").containsEntry("user_role", "SYSTEM");
    assertThat(String.valueOf(row.get("details")))
        .contains("\"changed\":[\"email\",\"full_name\",\"role\"]");
  }

  /** Scenario A12, and invariant I17. */
  @Test
  void aRoleThatWasSetHereHoldsUntilItIsCleared() {
    int id = people.seen("dev");
    people
        .admin()
        .body(Map.of("role", "USER"))
        .put("/api/v1/users/" + id + "/role")
        .then()
        .statusCode(200)
        .body("role", equalTo("USER"), "role_override", equalTo(true));
    people.me("dev").body("role", equalTo("USER"), "user.role_override", equalTo(true));

    people
        .admin()
        .delete("/api/v1/users/" + id + "/role-override")
        .then()
        .statusCode(200)
        .body("role", equalTo("USER"), "role_override", equalTo(false));
    people.me("dev").body("role", equalTo("DEVOPS"), "user.role_override", equalTo(false));
  }

  @Test
  void theAccountsRoleReplacesTheTokens() {
    int ada = people.seen("ada");
    int nora = people.seen("nora");
    var unused =
        database.update(
            "UPDATE autoscaler.users SET role = 'USER', role_override = true WHERE id = ?", ada);
    var more =
        database.update(
            "UPDATE autoscaler.users SET role = 'ADMIN', role_override = true WHERE id = ?", nora);

    people
        .as("ada")
        .get("/api/v1/users")
        .then()
        .statusCode(403)
        .body("code", equalTo("forbidden"), "required_role", equalTo("admin"));
    people.as("nora").get("/api/v1/users").then().statusCode(200);
  }

  @Test
  void whoIsInactiveIsRefusedWithAValidToken() {
    int id = people.seen("ada");
    var unused = database.update("UPDATE autoscaler.users SET is_active = false WHERE id = ?", id);

    people
        .me("ada")
        .statusCode(403)
        .contentType(startsWith("application/problem+json"))
        .body("code", equalTo("user_inactive"));
    people
        .as("ada")
        .body(Map.of("role", "ADMIN"))
        .put("/api/v1/users/" + id + "/role")
        .then()
        .statusCode(403)
        .body("code", equalTo("user_inactive"));
    assertThat(
            database.rows(
                "SELECT error_message, user_email FROM autoscaler.audit_logs WHERE status = 'FAILURE' AND user_id = ?",
                id))
        .containsExactly(
            Map.of("error_message", "user_inactive", "user_email", "ada@example.test"));
  }

  /** Scenario A12: nobody takes over the break-glass account by having its email in Keycloak. */
  @Test
  void aLocalAccountsEmailOpensNothing() {
    int id = people.local("lin@example.test", PASSWORD, "ADMIN");
    Object before = lastNumber();

    people
        .me("lin")
        .statusCode(409)
        .contentType(startsWith("application/problem+json"))
        .body("code", equalTo("account_link_required"));

    assertThat(people.row(id))
        .containsEntry("auth_provider", "local")
        .containsEntry("keycloak_user_id", null);
    people.logIn("lin@example.test", PASSWORD).statusCode(200);
    assertThat(lastNumber()).isEqualTo(before);
  }

  @Test
  void aLinkIsCompleteWithTheVerifiedUsersNextRequest() {
    int id = people.local("lin@example.test", PASSWORD, "USER");
    people
        .admin()
        .body(Map.of("keycloak_user_id", sub("lin")))
        .post("/api/v1/users/" + id + "/link")
        .then()
        .statusCode(200)
        .body("keycloak_user_id", equalTo(sub("lin")), "auth_provider", equalTo("local"));
    people.logIn("lin@example.test", PASSWORD).statusCode(200);

    people
        .me("lin")
        .statusCode(200)
        .body("user.id", equalTo(id), "user.auth_provider", equalTo("keycloak"));

    people
        .logIn("lin@example.test", PASSWORD)
        .statusCode(401)
        .body("code", equalTo("bad_credentials"));
    assertThat(people.audited("USER_LINKED", "SUCCESS", id)).isEqualTo(1);
    assertThat(
            String.valueOf(
                database.value(
                    "SELECT details FROM autoscaler.audit_logs WHERE action = 'USER_LINKED' AND resource_id = ?",
                    Integer.toString(id))))
        .contains(sub("lin"));
  }

  @Test
  void aLinkWaitsForTheEmailToBeVerified() {
    int id = people.local(People.someEmail(), PASSWORD, "USER");
    people
        .admin()
        .body(Map.of("keycloak_user_id", sub("una")))
        .post("/api/v1/users/" + id + "/link")
        .then()
        .statusCode(200);

    people.me("una").statusCode(409).body("code", equalTo("email_not_verified"));

    assertThat(people.row(id)).containsEntry("auth_provider", "local");
  }

  @Test
  void ofTwoAccountsOneIsLinked() {
    people.seen("lin");
    int id = people.local(People.someEmail(), PASSWORD, "USER");
    people
        .admin()
        .body(Map.of("keycloak_user_id", sub("lin")))
        .post("/api/v1/users/" + id + "/link")
        .then()
        .statusCode(409)
        .body("code", equalTo("keycloak_user_taken"));
    people
        .admin()
        .body(Map.of("keycloak_user_id", "somebody"))
        .post("/api/v1/users/" + people.seen("lin") + "/link")
        .then()
        .statusCode(409)
        .body("code", equalTo("not_local_user"));
  }

  /** Invariant I18: a change in Keycloak locks nobody out. */
  @Test
  void theLastAdministratorStaysOneWhateverKeycloakSays() {
    int uwe = people.seen("uwe");
    people.onlyAdmins(List.of(uwe));
    people.me("uwe").statusCode(200).body("role", equalTo("ADMIN"));

    people.seen("ada");
    people.me("uwe").statusCode(200).body("role", equalTo("USER"));
  }

  @Test
  void withoutTheDatabaseNobodyIsKnown() {
    people.seen("uwe");
    database.shut();
    try {
      people
          .me("uwe")
          .statusCode(503)
          .contentType(startsWith("application/problem+json"))
          .body("code", equalTo("database_unavailable"));
      people
          .as("ada")
          .body(Map.of("role", "USER"))
          .put("/api/v1/users/1/role")
          .then()
          .statusCode(503);
    } finally {
      database.open();
    }
    people.me("uwe").statusCode(200);
  }

  private String sub(String user) {
    String payload =
        new String(
            java.util.Base64.getUrlDecoder().decode(tokens.ofUser(user).split("\\.")[1]),
            java.nio.charset.StandardCharsets.UTF_8);
    return io.restassured.path.json.JsonPath.from(payload).getString("sub");
  }
}
