package dev.quintet.autoscaler.testing;

import static io.restassured.RestAssured.given;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Tokens;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;

/** The API and the database as an operator sits before them. */
public final class Console {
  private final Database database;

  public Console(Database database) {
    this.database = database;
  }

  /** A node and the key that was shown for it. */
  public record Made(int id, String name, String key) {}

  public RequestSpecification as(String role) {
    return given().auth().oauth2(Tokens.get().of(role)).contentType("application/json");
  }

  public RequestSpecification with(String key) {
    return given().header("X-API-Key", key).contentType("application/json");
  }

  public ValidatableResponse get(String path) {
    return as("user").get("/api/v1" + path).then();
  }

  public static String unique(String what) {
    return what + "-" + UUID.randomUUID().toString().substring(0, 8);
  }

  public Made node() {
    return node(unique("node"));
  }

  public Made node(String name) {
    var answer =
        as("devops")
            .body(Map.of("name", name, "region", "eu-frankfurt-1"))
            .post("/api/v1/nodes")
            .then()
            .statusCode(201)
            .extract();
    return new Made(answer.path("node.id"), name, answer.path("api_key"));
  }

  /** By SQL, so that tests of other features need no pool API. */
  public int pool(int node, String oraclePoolId) {
    return number(
        """
        INSERT INTO autoscaler.pools (node_id, oracle_pool_id, name, region)
        VALUES (?, ?, 'web', 'eu-frankfurt-1') RETURNING id
        """,
        node,
        oraclePoolId);
  }

  public int number(String sql, @Nullable Object... values) {
    return ((Number) Objects.requireNonNull(database.value(sql, values))).intValue();
  }

  /** What the check that each call of a node begins with says to the key: ok, or a problem code. */
  public String state(String keyHash, int node) {
    try (var service = database.connect("autoscaler_service", "autoscaler-dev");
        var check = service.prepareStatement("SELECT autoscaler.authenticate_node(?, ?, NULL)")) {
      check.setString(1, keyHash);
      check.setInt(2, node);
      check.execute();
      return "ok";
    } catch (PSQLException refused) {
      return String.valueOf(
          Objects.requireNonNull(refused.getServerErrorMessage()).getConstraint());
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Rows of the audit trail about one thing, oldest first. */
  public List<Map<String, @Nullable Object>> audit(String resourceType, Object resourceId) {
    return database.rows(
        """
        SELECT action, category, status, resource_name, user_email, user_role, ip_address, user_agent, error_message,
               details::json ->> 'before' AS before, details::json ->> 'after' AS after, details
          FROM autoscaler.audit_logs WHERE resource_type = ? AND resource_id = ? ORDER BY id
        """,
        resourceType,
        resourceId.toString());
  }

  /** One field of all rows, read page by page as the role. */
  public <T> List<T> pages(String role, String path, int limit, String field) {
    var all = new ArrayList<T>();
    @Nullable String cursor = null;
    do {
      var request = as(role).queryParam("limit", limit);
      if (cursor != null) {
        request = request.queryParam("cursor", cursor);
      }
      var page = request.get("/api/v1" + path).then().statusCode(200).extract();
      List<T> rows = page.path("items." + field);
      all.addAll(rows);
      cursor = page.path("next_cursor");
    } while (cursor != null);
    return all;
  }
}
