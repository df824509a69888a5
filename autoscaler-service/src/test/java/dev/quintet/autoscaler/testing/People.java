package dev.quintet.autoscaler.testing;

import static io.restassured.RestAssured.given;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Tokens;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Accounts as tests need them. */
public final class People {
  /** An administrator who stays, so that tests may do to the others what they like. */
  public static final String KEEPER = "keeper@example.test";

  private static final List<String> PROVIDED = List.of("ada", "dev", "uwe", "lin", "nora", "una");

  private final Database database;
  private final Tokens tokens;

  public People(Database database, Tokens tokens) {
    this.database = database;
    this.tokens = tokens;
  }

  /** Nobody of Keycloak's has been seen, nobody has tried to log in. */
  public void forget() {
    database.execute(
        "INSERT INTO autoscaler.users (email, full_name, role) VALUES ('"
            + KEEPER
            + "', 'Keeper', 'ADMIN') ON CONFLICT (email) DO UPDATE SET role = 'ADMIN', is_active = true");
    for (String name : PROVIDED) {
      var unused =
          database.update("DELETE FROM autoscaler.users WHERE email = ?", name + "@example.test");
    }
    database.execute("DELETE FROM autoscaler.login_throttle");
  }

  /** Only they are active administrators, until {@link #forget()}. */
  public void onlyAdmins(List<Integer> ids) {
    database.execute(
        "UPDATE autoscaler.users SET role = 'ADMIN', is_active = true WHERE id IN ("
            + String.join(",", ids.stream().map(String::valueOf).toList())
            + ")");
    database.execute(
        "UPDATE autoscaler.users SET role = 'USER' WHERE role = 'ADMIN' AND id NOT IN ("
            + String.join(",", ids.stream().map(String::valueOf).toList())
            + ")");
  }

  public RequestSpecification as(String user) {
    return given().auth().oauth2(tokens.ofUser(user)).contentType("application/json");
  }

  public RequestSpecification admin() {
    return as("ada");
  }

  public RequestSpecification withToken(String token) {
    return given().auth().oauth2(token).contentType("application/json");
  }

  public ValidatableResponse me(String user) {
    return as(user).get("/api/v1/auth/me").then();
  }

  /** The row of a person of Keycloak's, who has been seen. */
  public int seen(String user) {
    return me(user).statusCode(200).extract().path("user.id");
  }

  /** A new local user, made through the API. */
  public int local(String email, String password, String role) {
    return admin()
        .body(Map.of("email", email, "password", password, "full_name", "Some Body", "role", role))
        .post("/api/v1/users")
        .then()
        .statusCode(201)
        .extract()
        .path("id");
  }

  public static String someEmail() {
    return "p" + UUID.randomUUID() + "@example.test";
  }

  public ValidatableResponse logIn(String email, String password) {
    return given()
        .contentType("application/json")
        .body(Map.of("email", email, "password", password))
        .post("/api/v1/auth/login")
        .then();
  }

  /** A local user's token. */
  public String token(String email, String password) {
    return logIn(email, password).statusCode(200).extract().path("access_token");
  }

  public Map<String, @Nullable Object> row(int id) {
    return database.rows("SELECT * FROM autoscaler.users WHERE id = ?", id).getFirst();
  }

  /** How many rows of the audit trail tell of this. */
  public long audited(String action, String status, Object resource) {
    return (long)
        Objects.requireNonNull(
            database.value(
                "SELECT count(*) FROM autoscaler.audit_logs WHERE action = ? AND status = ? AND resource_id = ?",
                action,
                status,
                resource.toString()));
  }
}
