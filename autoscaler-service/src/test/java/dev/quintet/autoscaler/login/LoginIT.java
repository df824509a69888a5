package dev.quintet.autoscaler.login;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import dev.quintet.autoscaler.testing.People;
import dev.quintet.autoscaler.testing.TestKeys;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Break glass: local users, their tokens, and what guessing costs. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class LoginIT {
  private static final String PASSWORD = "correct horse battery";

  Database database;
  Tokens tokens;
  @Inject FirstAdminJob firstAdmin;

  private People people;
  private final String email = People.someEmail();

  @BeforeEach
  @AfterEach
  void forget() {
    people = new People(database, tokens);
    people.forget();
  }

  private ValidatableResponse me(String token) {
    return given().auth().oauth2(token).get("/api/v1/auth/me").then();
  }

  private long tries(String status, String error) {
    return (long)
        java.util.Objects.requireNonNull(
            database.value(
                "SELECT count(*) FROM autoscaler.audit_logs WHERE action LIKE 'LOGIN_%' AND user_email = ? AND status = ? AND coalesce(error_message, '') = ?",
                email, status, error));
  }

  @Test
  void aLocalUserLogsInAndIsWhoHisRowSays() {
    int id = people.local(email, PASSWORD, "DEVOPS");
    String token =
        people
            .logIn(email.toUpperCase(Locale.ROOT), PASSWORD)
            .statusCode(200)
            .header("Cache-Control", equalTo("no-store"))
            .body(
                "token_type", equalTo("Bearer"),
                "expires_in", equalTo(900),
                "user.id", equalTo(id),
                "user", not(hasKey("hashed_password")))
            .extract()
            .path("access_token");

    me(token).statusCode(200).body("role", equalTo("DEVOPS"), "user.id", equalTo(id));
    people.withToken(token).get("/api/v1/users").then().statusCode(403);
    assertThat(tries("SUCCESS", "")).isEqualTo(1);

    // The token says who, never what for: a new role holds at once.
    people
        .admin()
        .body(Map.of("role", "ADMIN"))
        .put("/api/v1/users/" + id + "/role")
        .then()
        .statusCode(200)
        .body("role_override", equalTo(false));
    people.withToken(token).get("/api/v1/users").then().statusCode(200);
  }

  @Test
  void aFormDoesAsWell() {
    people.local(email, PASSWORD, "USER");
    given()
        .formParam("email", email)
        .formParam("password", PASSWORD)
        .post("/api/v1/auth/login")
        .then()
        .statusCode(200)
        .body("token_type", equalTo("Bearer"));
    given()
        .formParam("email", email)
        .post("/api/v1/auth/login")
        .then()
        .statusCode(422)
        .body("code", equalTo("required"));
    given().contentType("text/plain").body("x").post("/api/v1/auth/login").then().statusCode(415);
  }

  @Test
  void theAnswerDoesNotTellWhatWasWrong() {
    people.local(email, PASSWORD, "USER");
    var wrong = people.logIn(email, "wrong horse battery").statusCode(401).extract();
    var unknown = people.logIn(People.someEmail(), PASSWORD).statusCode(401).extract();
    assertThat(wrong.<String>path("code")).isEqualTo("bad_credentials");
    for (String member : List.of("code", "title", "type", "status", "instance")) {
      assertThat(wrong.<Object>path(member)).isEqualTo(unknown.path(member));
    }
    assertThat(tries("FAILURE", "bad_credentials")).isEqualTo(1);
  }

  @Test
  void whoIsInactiveIsToldOnlyWithTheRightPasswordAndHisTokenEnds() {
    int id = people.local(email, PASSWORD, "USER");
    String token = people.token(email, PASSWORD);
    people
        .admin()
        .body(Map.of("is_active", false))
        .patch("/api/v1/users/" + id)
        .then()
        .statusCode(200);

    people.logIn(email, "wrong horse battery").statusCode(401);
    people.logIn(email, PASSWORD).statusCode(403).body("code", equalTo("user_inactive"));
    me(token).statusCode(403).body("code", equalTo("user_inactive"));
    assertThat(tries("FAILURE", "user_inactive")).isEqualTo(1);
  }

  /** Whatever stands in the column: a person of Keycloak's comes by Keycloak. */
  @Test
  void aKeycloakUserDoesNotLogInHere() {
    int local = people.local(email, PASSWORD, "USER");
    int uwe = people.seen("uwe");
    var unused =
        database.update(
            "UPDATE autoscaler.users SET hashed_password = (SELECT hashed_password FROM autoscaler.users WHERE id = ?) WHERE id = ?",
            local,
            uwe);
    people
        .logIn("uwe@example.test", PASSWORD)
        .statusCode(401)
        .body("code", equalTo("bad_credentials"));
  }

  @Test
  void afterFiveWrongPasswordsTheAccountIsClosedForAWhile() {
    people.local(email, PASSWORD, "USER");
    for (int i = 0; i < 5; i++) {
      people.logIn(email, "wrong horse battery").statusCode(401);
    }
    people
        .logIn(email, PASSWORD)
        .statusCode(429)
        .header("Retry-After", Integer::valueOf, greaterThan(800))
        .body("code", equalTo("too_many_logins"));
    assertThat(tries("FAILURE", "bad_credentials")).isEqualTo(5);
    assertThat(tries("FAILURE", "too_many_logins")).isEqualTo(1);

    var aged =
        database.update(
            "UPDATE autoscaler.login_throttle SET window_start = window_start - interval '16 min' WHERE subject = ?",
            email);
    assertThat(aged).isEqualTo(1);
    people.logIn(email, PASSWORD).statusCode(200);
    assertThat(database.rows("SELECT 1 FROM autoscaler.login_throttle WHERE subject = ?", email))
        .isEmpty();
  }

  @Test
  void ofManyGuessesAtOnceFiveAreCompared() {
    people.local(email, PASSWORD, "USER");
    var statuses =
        Race.of(10, () -> people.logIn(email, "wrong horse battery").extract().statusCode());
    assertThat(statuses.stream().filter(status -> status == 401)).hasSize(5);
    assertThat(statuses.stream().filter(status -> status == 429)).hasSize(5);
  }

  @Test
  void anAddressHasTenTriesAMinute() {
    for (int i = 0; i < 10; i++) {
      people.logIn(People.someEmail(), PASSWORD).statusCode(401);
    }
    people
        .logIn(email, PASSWORD)
        .statusCode(429)
        .header("Retry-After", Integer::valueOf, lessThanOrEqualTo(60));
    // Stopped before: his account has lost no try by it.
    assertThat(database.rows("SELECT 1 FROM autoscaler.login_throttle WHERE subject = ?", email))
        .isEmpty();
  }

  @Test
  void whoLogsOutIsOut() {
    people.local(email, PASSWORD, "USER");
    String first = people.token(email, PASSWORD);
    String second = people.token(email, PASSWORD);

    people.withToken(first).post("/api/v1/auth/logout").then().statusCode(204);

    me(first).statusCode(401).body("code", equalTo("unauthenticated"));
    me(second).statusCode(200);
    people
        .as("uwe")
        .post("/api/v1/auth/logout")
        .then()
        .statusCode(409)
        .body("code", equalTo("not_local_user"));
    assertThat(
            database.rows(
                "SELECT 1 FROM autoscaler.audit_logs WHERE action = 'LOGOUT' AND user_email = ?",
                email))
        .hasSize(1);
  }

  @Test
  void aProfileIsItsOwnersToChange() {
    int id = people.local(email, PASSWORD, "USER");
    String token = people.token(email, PASSWORD);
    people
        .withToken(token)
        .body(Map.of("full_name", "New Name"))
        .patch("/api/v1/auth/profile")
        .then()
        .statusCode(200)
        .body("full_name", equalTo("New Name"));
    people
        .withToken(token)
        .body(Map.of("new_password", "a new horse battery"))
        .patch("/api/v1/auth/profile")
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_password"))
        .body("errors[0].pointer", equalTo("/current_password"));
    people
        .withToken(token)
        .body(
            Map.of(
                "current_password", "wrong horse battery", "new_password", "a new horse battery"))
        .patch("/api/v1/auth/profile")
        .then()
        .statusCode(422)
        .body("errors[0].pointer", equalTo("/current_password"));
    people
        .withToken(token)
        .body(Map.of("current_password", PASSWORD, "new_password", "a new horse battery"))
        .patch("/api/v1/auth/profile")
        .then()
        .statusCode(200);

    people.logIn(email, PASSWORD).statusCode(401);
    people.logIn(email, "a new horse battery").statusCode(200);
    assertThat(people.audited("PROFILE_UPDATED", "SUCCESS", id)).isEqualTo(1);
    assertThat(people.audited("PASSWORD_CHANGED", "SUCCESS", id)).isEqualTo(1);

    people
        .as("uwe")
        .body(Map.of("full_name", "X"))
        .patch("/api/v1/auth/profile")
        .then()
        .statusCode(409)
        .body("code", equalTo("not_local_user"));
  }

  @Test
  void guessingTheCurrentPasswordIsGuessing() {
    people.local(email, PASSWORD, "USER");
    String token = people.token(email, PASSWORD);
    var guess =
        Map.of("current_password", "wrong horse battery", "new_password", "a new horse battery");
    for (int i = 0; i < 5; i++) {
      people.withToken(token).body(guess).patch("/api/v1/auth/profile").then().statusCode(422);
    }
    people
        .withToken(token)
        .body(guess)
        .patch("/api/v1/auth/profile")
        .then()
        .statusCode(429)
        .body("code", equalTo("too_many_logins"));
  }

  /** What holds for Keycloak's tokens holds for these. */
  @Test
  void aTokenThatWasNotMadeHereForHereAndNowIsRefused() throws Exception {
    int id = people.local(email, PASSWORD, "ADMIN");
    String good = people.token(email, PASSWORD);
    me(good).statusCode(200);
    LocalKeys keys = LocalKeys.of(TestKeys.privateKey());
    var strangers = KeyPairGenerator.getInstance("EC").generateKeyPair();
    String[] parts = good.split("\\.");

    var wrong = new LinkedHashMap<String, String>();
    wrong.put("a stranger's key", forged(id, "ES256", strangers.getPrivate(), claims -> {}));
    wrong.put(
        "the public key as a secret",
        forged(
            id, "HS256", new SecretKeySpec(keys.publicKey().getEncoded(), "HmacSHA256"), c -> {}));
    wrong.put("alg none", forged(id, "none", null, claims -> {}));
    wrong.put(
        "expired",
        forged(
            id,
            "ES256",
            keys.privateKey(),
            c -> c.setExpirationTime(at(Instant.now().minusSeconds(60)))));
    wrong.put("no end", forged(id, "ES256", keys.privateKey(), claims -> claims.unsetClaim("exp")));
    wrong.put("no id", forged(id, "ES256", keys.privateKey(), claims -> claims.unsetClaim("jti")));
    wrong.put(
        "an id that is none",
        forged(id, "ES256", keys.privateKey(), claims -> claims.setJwtId("1")));
    wrong.put(
        "another audience",
        forged(id, "ES256", keys.privateKey(), c -> c.setAudience("tracker-service")));
    wrong.put(
        "no audience", forged(id, "ES256", keys.privateKey(), claims -> claims.unsetClaim("aud")));
    wrong.put(
        "Keycloak's name",
        forged(
            id,
            "ES256",
            keys.privateKey(),
            c -> c.setIssuer(dev.quintet.common.testing.Backends.get().issuer())));
    wrong.put(
        "no user", forged(id, "ES256", keys.privateKey(), c -> c.setSubject("local:2147483647")));
    wrong.put(
        "a number too large",
        forged(id, "ES256", keys.privateKey(), c -> c.setSubject("local:9999999999")));
    wrong.put("a name", forged(id, "ES256", keys.privateKey(), c -> c.setSubject("admin")));
    wrong.put(
        "tampered",
        parts[0]
            + "."
            + encoded(payload(parts[1]).replace("local:" + id, "local:1"))
            + "."
            + parts[2]);
    wrong.put("no signature", parts[0] + "." + parts[1] + ".");
    wrong.put(
        "Keycloak's signature under our name",
        tokens.of("admin").split("\\.")[0]
            + "."
            + encoded("{\"iss\":\"autoscaler-local\",\"sub\":\"local:" + id + "\"}")
            + "."
            + tokens.of("admin").split("\\.")[2]);
    // And the way to forge is right: this one is as good as ours.
    me(forged(id, "ES256", keys.privateKey(), claims -> {})).statusCode(200);

    wrong.forEach((kind, token) ->
        assertThat(me(token).extract().<String>path("code")).as(kind).isEqualTo("unauthenticated"));
  }

  private static String forged(
      int user, String algorithm, @Nullable Key key, Consumer<JwtClaims> change) throws Exception {
    var claims = new JwtClaims();
    claims.setIssuer("autoscaler-local");
    claims.setAudience("autoscaler-service");
    claims.setSubject("local:" + user);
    claims.setJwtId(UUID.randomUUID().toString());
    claims.setIssuedAt(at(Instant.now()));
    claims.setExpirationTime(at(Instant.now().plusSeconds(60)));
    change.accept(claims);
    var token = new JsonWebSignature();
    token.setPayload(claims.toJson());
    token.setAlgorithmHeaderValue(algorithm);
    token.setAlgorithmConstraints(AlgorithmConstraints.NO_CONSTRAINTS);
    token.setKey(key);
    token.setDoKeyValidation(false);
    return token.getCompactSerialization();
  }

  private static NumericDate at(Instant instant) {
    return NumericDate.fromSeconds(instant.getEpochSecond());
  }

  private static String payload(String part) {
    return new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8);
  }

  private static String encoded(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Made by the start-up secret, once: not again for another start, nor when he is gone. */
  @Test
  void theFirstAdministratorIsMadeOnce() {
    String first =
        "SELECT count(*) FROM autoscaler.audit_logs WHERE action = 'USER_CREATED' AND resource_name = 'break.glass@example.test'";
    Eventually.holds(
        Duration.ofSeconds(20),
        () ->
            assertThat(
                    database.value(
                        "SELECT breakglass_bootstrapped_at IS NOT NULL FROM autoscaler.service_state"))
                .isEqualTo(true));
    people.logIn("break.glass@example.test", "first-admin-of-the-tests").statusCode(200);
    // At most one: another test may have let retention take the row.
    Object before = database.value(first);
    assertThat(before).isIn(0L, 1L);

    assertThat(
            database.update(
                "DELETE FROM autoscaler.users WHERE email = 'break.glass@example.test'"))
        .isEqualTo(1);
    firstAdmin.startAgain();
    firstAdmin.run().await().atMost(Duration.ofSeconds(10));

    assertThat(database.value(first)).isEqualTo(before);
    assertThat(
            database.rows(
                "SELECT 1 FROM autoscaler.users WHERE email = 'break.glass@example.test'"))
        .isEmpty();
  }

  @Test
  void anybodyMayKnowHowToLogIn() {
    given()
        .get("/api/v1/config/public")
        .then()
        .statusCode(200)
        .body(
            "keycloak_url", startsWith("http"),
            "realm", equalTo("quintet"),
            "client_id", equalTo("dashboard"),
            "local_login", equalTo(true))
        .body(not(containsString("/realms/")));
  }
}
