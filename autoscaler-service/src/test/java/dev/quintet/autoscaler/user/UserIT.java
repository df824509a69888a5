package dev.quintet.autoscaler.user;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.not;

import dev.quintet.autoscaler.testing.People;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Accounts as administrators make, change and end them. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class UserIT {
  private static final String PASSWORD = "correct horse battery";

  Database database;
  Tokens tokens;

  private People people;
  private final String email = People.someEmail();

  @BeforeEach
  @AfterEach
  void forget() {
    people = new People(database, tokens);
    people.forget();
  }

  private ValidatableResponse make(String body) {
    return people.admin().body(body).post("/api/v1/users").then();
  }

  private ValidatableResponse change(int id, String body) {
    return people.admin().body(body).patch("/api/v1/users/" + id).then();
  }

  private ValidatableResponse role(int id, String role) {
    return people.admin().body(Map.of("role", role)).put("/api/v1/users/" + id + "/role").then();
  }

  @Test
  void aLocalUserIsMadeAndShownWithoutHisHash() {
    int id =
        people
            .admin()
            .body(
                Map.of(
                    "email",
                    " " + email.toUpperCase(Locale.ROOT),
                    "password",
                    PASSWORD,
                    "full_name",
                    "  New Body "))
            .post("/api/v1/users")
            .then()
            .statusCode(201)
            .body(
                "email", equalTo(email),
                "full_name", equalTo("New Body"),
                "role", equalTo("USER"),
                "auth_provider", equalTo("local"))
            .body(not(containsString("hashed")))
            .extract()
            .path("id");
    people
        .admin()
        .get("/api/v1/users/" + id)
        .then()
        .statusCode(200)
        .body("email", equalTo(email))
        .body(not(containsString("$2")));

    assertThat(String.valueOf(people.row(id).get("hashed_password")))
        .startsWith("$2")
        .contains("$12$");
    assertThat(people.audited("USER_CREATED", "SUCCESS", id)).isEqualTo(1);
    assertThat(
            database.rows(
                "SELECT 1 FROM autoscaler.audit_logs WHERE details LIKE '%' || ? || '%' OR details LIKE '%$2_$12$%'",
                PASSWORD))
        .isEmpty();
  }

  @Test
  void anEmailIsThereOnceInAnyCase() {
    people.local(email, PASSWORD, "USER");
    make("{\"email\": \"%s\", \"password\": \"%s\", \"full_name\": \"B\"}"
            .formatted(email.toUpperCase(Locale.ROOT), PASSWORD))
        .statusCode(409)
        .body("code", equalTo("email_taken"));
    int other = people.local(People.someEmail(), PASSWORD, "USER");
    change(other, "{\"email\": \"" + email.toUpperCase(Locale.ROOT) + "\"}")
        .statusCode(409)
        .body("code", equalTo("email_taken"));
  }

  @Test
  void ofTwentyWithOneEmailOneIsMade() {
    var statuses =
        Race.of(
            20,
            n ->
                () ->
                    make("{\"email\": \"%s\", \"password\": \"%s\", \"full_name\": \"B\"}"
                            .formatted(
                                n % 2 == 0 ? email : email.toUpperCase(Locale.ROOT), PASSWORD))
                        .extract()
                        .statusCode());
    assertThat(statuses.stream().filter(status -> status == 201)).hasSize(1);
    assertThat(statuses).containsOnly(201, 409);
  }

  @Test
  void aRepeatedKeyMakesOneUserAndKeepsNoHashOfThePassword() {
    String key = UUID.randomUUID().toString();
    var body = Map.of("email", email, "password", PASSWORD, "full_name", "B");
    var answers =
        Race.of(
            5,
            () -> people.admin().header("Idempotency-Key", key).body(body).post("/api/v1/users"));
    assertThat(answers).allMatch(answer -> answer.statusCode() == 201);
    assertThat(answers.stream().map(answer -> answer.asString()).distinct()).hasSize(1);
    people
        .admin()
        .header("Idempotency-Key", key)
        .body(Map.of("email", email, "password", PASSWORD, "full_name", "C"))
        .post("/api/v1/users")
        .then()
        .statusCode(422)
        .body("code", equalTo("idempotency_key_reused"));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "'{\"email\": \"nobody\"}',                                   email,     invalid_email",
    "'{\"email\": \"a@b@c\"}',                                    email,     invalid_email",
    "'{\"email\": \"a b@c\"}',                                    email,     invalid_email",
    "'{\"email\": \"@c\"}',                                       email,     invalid_email",
    "'{\"full_name\": \"  \"}',                                   full_name, invalid_name",
    "'{\"full_name\": \"a\\u0007b\"}',                            full_name, invalid_name",
    "'{\"password\": \"elevenbytes\"}',                           password,  invalid_password",
    "'{\"password\": \"éééééééééééééééééééééééééééééééééééé!\"}', password,  invalid_password"
  })
  void whatIsNotAcceptableIsNamed(String body, String field, String code) {
    int id = people.local(email, PASSWORD, "USER");
    change(id, body)
        .statusCode(422)
        .body("code", equalTo(code), "errors[0].pointer", equalTo("/" + field));
  }

  @Test
  void seventyTwoBytesAreTheLongestPassword() {
    int id = people.local(email, PASSWORD, "USER");
    change(id, "{\"password\": \"" + "é".repeat(36) + "\"}").statusCode(200);
    people.logIn(email, "é".repeat(36)).statusCode(200);
    people.logIn(email, "é".repeat(36) + "x").statusCode(401);
  }

  @Test
  void allThatIsWrongIsToldAtOnce() {
    make("{\"email\": \"x\", \"password\": \"short\", \"role\": \"ROOT\"}")
        .statusCode(422)
        .body("errors.pointer", containsInAnyOrder("/email", "/password", "/role", "/full_name"));
    make("{\"email\": \"%s\", \"password\": \"%s\", \"full_name\": \"B\", \"is_admin\": true}"
            .formatted(email, PASSWORD))
        .statusCode(422)
        .body("code", equalTo("unknown_field"));
    role(people.seen("uwe"), "admin").statusCode(422).body("code", equalTo("invalid_role"));
  }

  @Test
  void theListIsFilteredAndPaged() {
    people.local(email, PASSWORD, "DEVOPS");
    people.seen("uwe");
    people
        .admin()
        .get("/api/v1/users?role=DEVOPS&provider=local&active=true&q=" + email.substring(0, 20))
        .then()
        .statusCode(200)
        .body("items.email", equalTo(List.of(email)), "next_cursor", equalTo(null));
    people
        .admin()
        .get("/api/v1/users?provider=keycloak&limit=200")
        .then()
        .body("items.auth_provider", everyItem(equalTo("keycloak")));

    var ids = new HashSet<Integer>();
    String cursor = null;
    int rows = 0;
    do {
      var page =
          people
              .admin()
              .queryParams(cursor == null ? Map.of() : Map.of("cursor", cursor))
              .get("/api/v1/users?limit=2")
              .then()
              .statusCode(200)
              .extract()
              .jsonPath();
      ids.addAll(page.getList("items.id", Integer.class));
      rows += page.getList("items").size();
      cursor = page.getString("next_cursor");
    } while (cursor != null);
    assertThat(ids).hasSize(rows);
    assertThat((long) rows).isEqualTo(database.count("autoscaler.users"));

    for (String bad :
        List.of("role=admin", "provider=ldap", "active=yes", "limit=0", "limit=201", "cursor=x")) {
      people.admin().get("/api/v1/users?" + bad).then().statusCode(422);
    }
  }

  @ParameterizedTest
  @CsvSource({"0", "2147483647", "2147483648", "9223372036854775807", "-5", "x"})
  void aNumberThatNobodyHasIsNotFound(String id) {
    people
        .admin()
        .get("/api/v1/users/" + id)
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_user"));
    people
        .admin()
        .delete("/api/v1/users/" + id)
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_user"));
  }

  @Test
  void whatIsKeycloaksIsNotChangedHere() {
    int id = people.seen("uwe");
    change(id, "{\"full_name\": \"X\"}").statusCode(409).body("code", equalTo("not_local_user"));
    change(id, "{\"password\": \"" + PASSWORD + "\"}").statusCode(409);
    change(id, "{\"is_active\": false}").statusCode(200).body("is_active", equalTo(false));
    people.me("uwe").statusCode(403);
    change(id, "{\"is_active\": true}").statusCode(200);
    people.me("uwe").statusCode(200);
  }

  @Test
  void whatChangesNothingIsNotOnRecord() {
    int id = people.local(email, PASSWORD, "USER");
    change(id, "{\"full_name\": \"Some Body\"}").statusCode(200);
    role(id, "USER").statusCode(200).body("role_override", equalTo(false));
    assertThat(people.audited("USER_UPDATED", "SUCCESS", id)).isZero();
    assertThat(people.audited("USER_ROLE_CHANGED", "SUCCESS", id)).isZero();
  }

  /** Invariant I18. */
  @Test
  void theLastAdministratorStays() {
    int ada = people.seen("ada");
    people.onlyAdmins(List.of(ada));

    role(ada, "DEVOPS").statusCode(409).body("code", equalTo("last_admin"));
    change(ada, "{\"is_active\": false}").statusCode(409).body("code", equalTo("last_admin"));
    people
        .admin()
        .delete("/api/v1/users/" + ada)
        .then()
        .statusCode(409)
        .body("code", equalTo("last_admin"));

    assertThat(people.row(ada)).containsEntry("is_active", true);
    assertThat(people.audited("USER_ROLE_CHANGED", "FAILURE", ada)).isEqualTo(1);
    assertThat(people.audited("USER_UPDATED", "FAILURE", ada)).isEqualTo(1);
    assertThat(people.audited("USER_DELETED", "FAILURE", ada)).isEqualTo(1);
    assertThat(people.audited("USER_ROLE_CHANGED", "SUCCESS", ada)).isZero();
  }

  /** Invariant I18 under two demotions at once, many times over. */
  @Test
  void ofTwoAdministratorsWhoDemoteEachOtherOneStays() {
    int ada = people.seen("ada");
    int nora = people.seen("nora");
    for (int round = 0; round < 15; round++) {
      people.onlyAdmins(List.of(ada, nora));
      database.execute(
          "UPDATE autoscaler.users SET role_override = true WHERE id IN ("
              + ada
              + ","
              + nora
              + ")");
      var statuses =
          Race.of(
              2,
              n ->
                  () ->
                      people
                          .as(n == 0 ? "ada" : "nora")
                          .body(Map.of("role", "USER"))
                          .put("/api/v1/users/" + (n == 0 ? nora : ada) + "/role")
                          .then()
                          .extract()
                          .statusCode());
      // The loser is told last_admin, or is no administrator any more when he is looked at.
      assertThat(statuses).as("round " + round).contains(200);
      assertThat(
              database.value(
                  "SELECT count(*) FROM autoscaler.users WHERE role = 'ADMIN' AND is_active"))
          .as("round " + round)
          .isEqualTo(1L);
    }
  }

  @Test
  void ofAllAdministratorsWhoAreTakenAwayAtOnceOneStays() {
    int ada = people.seen("ada");
    List<Integer> ids = new java.util.ArrayList<>(List.of(ada));
    for (int i = 0; i < 4; i++) {
      ids.add(
          (int)
              Objects.requireNonNull(
                  database.value(
                      "INSERT INTO autoscaler.users (email, full_name, role) VALUES (?, 'B', 'ADMIN') RETURNING id",
                      People.someEmail())));
    }
    people.onlyAdmins(ids);
    // By SQL, as the service: whatever the way, the database has the last word.
    var outcomes =
        Race.of(
            ids.size(),
            n ->
                () -> {
                  try (var service = database.connect("autoscaler_service", "autoscaler-dev");
                      var statement =
                          service.prepareStatement(
                              n % 2 == 0
                                  ? "UPDATE autoscaler.users SET is_active = false WHERE id = ?"
                                  : "DELETE FROM autoscaler.users WHERE id = ?")) {
                    statement.setInt(1, ids.get(n));
                    statement.executeUpdate();
                    return "done";
                  } catch (java.sql.SQLException e) {
                    return e.getSQLState();
                  }
                });
    assertThat(outcomes).containsOnly("done", "AS409").containsOnlyOnce("AS409");
    assertThat(
            database.value(
                "SELECT count(*) FROM autoscaler.users WHERE role = 'ADMIN' AND is_active"))
        .isEqualTo(1L);
  }

  /** Invariant I13. */
  @Test
  void whatADeletedUserDidStaysOnRecord() {
    people.local(email, PASSWORD, "ADMIN");
    String token = people.token(email, PASSWORD);
    int other = people.local(People.someEmail(), PASSWORD, "USER");
    people
        .withToken(token)
        .body(Map.of("role", "DEVOPS"))
        .put("/api/v1/users/" + other + "/role")
        .then()
        .statusCode(200);
    int id =
        given()
            .auth()
            .oauth2(token)
            .get("/api/v1/auth/me")
            .then()
            .statusCode(200)
            .extract()
            .path("user.id");
    long before = rowsOf(email);

    // He deletes himself: that row too must not refer to what is gone.
    people.withToken(token).delete("/api/v1/users/" + id).then().statusCode(204);

    assertThat(rowsOf(email)).isEqualTo(before + 1);
    assertThat(
            database.rows(
                "SELECT 1 FROM autoscaler.audit_logs WHERE user_email = ? AND user_id IS NOT NULL",
                email))
        .isEmpty();
    people.withToken(token).get("/api/v1/auth/me").then().statusCode(401);
    people.admin().get("/api/v1/users/" + id).then().statusCode(404);
  }

  private long rowsOf(String user) {
    return (long)
        Objects.requireNonNull(
            database.value(
                "SELECT count(*) FROM autoscaler.audit_logs WHERE user_email = ?", user));
  }

  @Test
  void aNewUserIsToBeFoundWhereTheAnswerSays() {
    var location =
        make("{\"email\": \"%s\", \"password\": \"%s\", \"full_name\": \"B\"}"
                .formatted(email, PASSWORD))
            .statusCode(201)
            .header("Location", containsString("/api/v1/users/"))
            .extract();
    people
        .admin()
        .get("/api/v1/users/" + location.path("id"))
        .then()
        .statusCode(200)
        .body("email", endsWith("@example.test"));
  }
}
