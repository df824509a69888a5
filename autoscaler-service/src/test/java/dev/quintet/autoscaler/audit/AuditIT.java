package dev.quintet.autoscaler.audit;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import dev.quintet.autoscaler.testing.People;
import dev.quintet.common.security.Roles;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The audit trail as administrators read it. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class AuditIT {
  private static final String LOGS = "/api/v1/audit-logs";

  Database database;
  Tokens tokens;

  private People people;

  @BeforeEach
  @AfterEach
  void forget() {
    people = new People(database, tokens);
    people.forget();
  }

  private ValidatableResponse logs(String query) {
    return people.admin().get(LOGS + query).then();
  }

  /** Rows under a resource type of this test alone. */
  private String rows(int count) {
    String type = "thing-" + java.util.UUID.randomUUID();
    var unused =
        database.update(
            """
            INSERT INTO autoscaler.audit_logs (user_email, user_role, action, category, resource_type, resource_id, description, details, status)
            SELECT 'a@example.test', 'USER', 'NODE_UPDATED', 'NODE', ?, n::text, '=cmd()', '{"before":{"n":' || n || '}}',
                   CASE WHEN n % 2 = 0 THEN 'SUCCESS' ELSE 'FAILURE' END
              FROM generate_series(1, ?) n
            """,
            type, count);
    return type;
  }

  /** Scenario A13. */
  @Test
  void aChangeIsOnRecordWithWhatWasBeforeAndAfter() {
    int id = people.seen("uwe");
    people
        .admin()
        .header("User-Agent", "audit-test/1")
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .body(Map.of("role", "DEVOPS"))
        .put("/api/v1/users/" + id + "/role")
        .then()
        .statusCode(200);

    int row =
        logs("?action=USER_ROLE_CHANGED&resource_type=user&resource_id=" + id)
            .statusCode(200)
            .body("items.size()", equalTo(1))
            .body("items[0].user_email", equalTo("ada@example.test"))
            .body("items[0].user_role", equalTo("ADMIN"))
            .body("items[0].category", equalTo("USER"))
            .body("items[0].resource_name", equalTo("uwe@example.test"))
            .body("items[0].status", equalTo("SUCCESS"))
            .body("items[0].ip_address", equalTo("127.0.0.1"))
            .body("items[0].user_agent", equalTo("audit-test/1"))
            .body("items[0].details.before.role", equalTo("USER"))
            .body("items[0].details.after.role", equalTo("DEVOPS"))
            .body("items[0].details.changed", containsInAnyOrder("role", "role_override"))
            .extract()
            .path("items[0].id");
    people
        .admin()
        .get(LOGS + "/" + row)
        .then()
        .statusCode(200)
        .body("id", equalTo(row), "details.after.role", equalTo("DEVOPS"))
        .body("", hasKey("error_message"));
  }

  @Test
  void whatIsRefusedIsOnRecordToo() {
    int id = people.seen("uwe");
    people
        .as("uwe")
        .body(Map.of("role", "ADMIN"))
        .put("/api/v1/users/" + id + "/role")
        .then()
        .statusCode(403);
    people
        .admin()
        .body("{\"role\": 3}")
        .put("/api/v1/users/" + id + "/role")
        .then()
        .statusCode(422);
    given().put("/api/v1/users/" + id + "/role").then().statusCode(401);

    logs("?status=FAILURE&action=USER_ROLE_CHANGED&resource_id=" + id)
        .statusCode(200)
        .body("items.error_message", equalTo(List.of("invalid_role", "forbidden")))
        .body("items.user_email", equalTo(List.of("ada@example.test", "uwe@example.test")));
  }

  @Test
  void theTrailIsFiltered() {
    String type = rows(6);
    logs("?resource_type=" + type + "&status=FAILURE").body("items.size()", equalTo(3));
    logs("?resource_type=" + type + "&resource_id=4").body("items.size()", equalTo(1));
    logs("?resource_type=" + type + "&category=NODE&action=NODE_UPDATED")
        .body("items.size()", equalTo(6));
    logs("?resource_type=" + type + "&category=POOL").body("items.size()", equalTo(0));
    logs("?resource_type=" + type + "&search=A@EXAMPLE").body("items.size()", equalTo(6));
    logs("?resource_type=" + type + "&search=nothing%25").body("items.size()", equalTo(0));
    logs("?resource_type=" + type + "&to=2026-01-01T00:00:00Z").body("items.size()", equalTo(0));
    logs("?resource_type=" + type + "&from=2026-01-01T00:00:00Z").body("items.size()", equalTo(6));
    int ada = people.seen("ada");
    logs("?user_id=" + ada).body("items.user_id", everyItem(equalTo(ada)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "category=node",
        "status=OK",
        "user_id=x",
        "user_id=2147483648",
        "from=yesterday",
        "to=2026-13-01T00:00:00Z",
        "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=-99999-01-01T00:00:00Z",
        "limit=0",
        "cursor=!"
      })
  void aFilterThatMeansNothingIsRefused(String query) {
    logs("?" + query).statusCode(422);
    if (!query.startsWith("limit") && !query.startsWith("cursor")) {
      people.admin().get(LOGS + "/export?" + query).then().statusCode(422);
    }
  }

  /** Invariant I41. */
  @Test
  void eachRowIsOnOnePageWhileOthersCome() {
    String type = rows(25);
    var seen = new HashSet<Integer>();
    int shown = 0;
    String cursor = null;
    do {
      var page =
          people
              .admin()
              .queryParam("resource_type", type)
              .queryParam("limit", 4)
              .queryParams(cursor == null ? Map.of() : Map.of("cursor", cursor))
              .get(LOGS)
              .then()
              .statusCode(200)
              .extract()
              .jsonPath();
      seen.addAll(page.getList("items.id", Integer.class));
      shown += page.getList("items").size();
      cursor = page.getString("next_cursor");
      var more =
          database.update(
              "INSERT INTO autoscaler.audit_logs (action, category, resource_type) VALUES ('NODE_UPDATED', 'NODE', ?)",
              type);
      assertThat(more).isEqualTo(1);
    } while (cursor != null);
    assertThat(shown).isEqualTo(25);
    assertThat(seen).hasSize(25);
  }

  @Test
  void aRowThatIsNotThereIsNotFound() {
    people
        .admin()
        .get(LOGS + "/9223372036854775807")
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_audit_log"));
    people.admin().get(LOGS + "/x").then().statusCode(422);
  }

  /** More than two pages of what is read at a time. */
  @Test
  void anExportHasTheRowsOfTheFilter() {
    String type = rows(1234);
    var answer =
        people
            .admin()
            .get(LOGS + "/export?format=ndjson&resource_type=" + type)
            .then()
            .statusCode(200)
            .contentType(startsWith("application/x-ndjson"))
            .header("X-Export-Rows", equalTo("1234"))
            .header("X-Export-Bounded", equalTo("31 days"))
            .extract();
    List<String> lines = answer.asString().lines().toList();
    assertThat(lines).hasSize(1234);
    assertThat(lines.getFirst()).contains("\"details\":{\"before\":{\"n\":1}}");
    assertThat(lines.stream().distinct()).hasSize(1234);

    people
        .admin()
        .get(LOGS + "/export?resource_type=" + type + "&status=FAILURE&from=2026-01-01T00:00:00Z")
        .then()
        .statusCode(200)
        .header("X-Export-Rows", equalTo("617"))
        .header("X-Export-Bounded", nullValue())
        .header("X-Export-From", equalTo("2026-01-01T00:00:00Z"));
    people
        .admin()
        .get(LOGS + "/export?resource_type=none-such")
        .then()
        .statusCode(200)
        .header("X-Export-Rows", equalTo("0"));
    people.admin().get(LOGS + "/export?format=xml").then().statusCode(422);
  }

  @Test
  void withoutAStartAnExportReachesBackAMonth() {
    String type = rows(4);
    var aged =
        database.update(
            "UPDATE autoscaler.audit_logs SET \"timestamp\" = now() - interval '32 days' WHERE resource_type = ? AND resource_id = '1'",
            type);
    assertThat(aged).isEqualTo(1);
    people
        .admin()
        .get(LOGS + "/export?resource_type=" + type)
        .then()
        .header("X-Export-Rows", equalTo("3"));
  }

  @Test
  void aSpreadsheetGetsNoFormulas() {
    String type = rows(600);
    var answer =
        people
            .admin()
            .get(LOGS + "/export?format=csv&resource_type=" + type)
            .then()
            .statusCode(200)
            .contentType(startsWith("text/csv"))
            .extract();
    List<String> lines = answer.asString().lines().toList();
    assertThat(lines).hasSize(601);
    assertThat(lines.getFirst()).startsWith("id,user_id,user_email,").endsWith(",timestamp");
    assertThat(lines.get(1)).contains(",'=cmd(),").contains("\"{\"\"before\"\":{\"\"n\"\":1}}\"");
  }

  @Test
  void whoTakesTheTrailAwayIsPartOfIt() {
    String type = rows(2);
    people.admin().get(LOGS + "/export?format=csv&resource_type=" + type).then().statusCode(200);
    logs("?action=AUDIT_EXPORTED&limit=1")
        .body("items[0].user_email", equalTo("ada@example.test"))
        .body("items[0].details.rows", equalTo(2))
        .body("items[0].details.format", equalTo("CSV"))
        .body("items[0].details.filter.resource_type", equalTo(type));
  }

  @Test
  void theSummaryCounts() {
    rows(10);
    people
        .admin()
        .get(LOGS + "/summary")
        .then()
        .statusCode(200)
        .body("total", greaterThan(9), "failures", greaterThan(4))
        .body("by_category.name", hasItem("NODE"))
        .body("by_action.name", hasItem("NODE_UPDATED"))
        .body("by_user.name", hasItem("a@example.test"));
    people
        .admin()
        .get(LOGS + "/summary?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z")
        .then()
        .body("total", equalTo(0));
  }

  @Test
  void theCategoriesTellTheirActions() {
    people
        .admin()
        .get(LOGS + "/categories")
        .then()
        .statusCode(200)
        .body("category", containsInAnyOrder("AUTH", "NODE", "POOL", "USER", "CONFIG", "SYSTEM"))
        .body("find { it.category == 'SYSTEM' }.actions", hasItem("AUDIT_EXPORTED"))
        .body("find { it.category == 'AUTH' }.actions", not(hasItem("AUDIT_EXPORTED")));
  }

  /** Invariant I12. */
  @Test
  void theServiceItselfCannotRewriteIt() throws Exception {
    rows(1);
    try (var service = database.connect("autoscaler_service", "autoscaler-dev");
        var statement = service.createStatement()) {
      for (String sql :
          List.of(
              "UPDATE autoscaler.audit_logs SET action = 'X'",
              "DELETE FROM autoscaler.audit_logs")) {
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> statement.executeUpdate(sql))
            .hasMessageContaining("permission denied");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {Roles.USER, Roles.DEVOPS, Roles.SERVICE})
  void onlyAdministratorsReadIt(String role) {
    for (String path : List.of("", "/1", "/summary", "/categories", "/export", "/verify")) {
      given()
          .auth()
          .oauth2(tokens.of(role))
          .get(LOGS + path)
          .then()
          .statusCode(403)
          .body("code", equalTo("forbidden"), "required_role", equalTo("admin"));
    }
  }
}
