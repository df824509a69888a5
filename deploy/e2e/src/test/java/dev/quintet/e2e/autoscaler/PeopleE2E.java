package dev.quintet.e2e.autoscaler;

import static dev.quintet.e2e.autoscaler.Autoscaler.expect;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.testing.Contract;
import dev.quintet.common.testing.Contract.Operation;
import dev.quintet.common.testing.Contract.Reply;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.SseReader;
import dev.quintet.common.testing.Tokens;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** People and what they may, and what is on record of what they did; alone, as roles change. */
@ResourceLock("autoscaler")
class PeopleE2E {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String PASSWORD = "correct horse battery staple";

  /** Which credentials open what. */
  private static final Map<String, Set<String>> OPENED_BY =
      Map.of(
          "ADMIN", Set.of("admin"),
          "DEVOPS", Set.of("admin", "devops"),
          "PEOPLE", Set.of("admin", "devops", "user"),
          "USER", Set.of("admin", "devops", "user", "service"),
          "NODE", Set.of("node key"),
          "READER", Set.of("admin", "devops", "user", "service", "node key"));

  /** The brief's table of the API: who may call what. */
  private static final String WHO =
      """
      ANYONE GET /config/public
      ANYONE POST /auth/login
      ANYONE POST /nodes/register
      USER GET /auth/me
      PEOPLE PATCH /auth/profile
      PEOPLE POST /auth/logout
      ADMIN GET /users
      ADMIN GET /users/{id}
      ADMIN POST /users
      ADMIN PATCH /users/{id}
      ADMIN PUT /users/{id}/role
      ADMIN DELETE /users/{id}/role-override
      ADMIN POST /users/{id}/link
      ADMIN DELETE /users/{id}
      DEVOPS POST /enrollment-tokens
      DEVOPS GET /enrollment-tokens
      DEVOPS GET /enrollment-tokens/{id}
      DEVOPS DELETE /enrollment-tokens/{id}
      DEVOPS POST /nodes
      USER GET /nodes
      USER GET /nodes/{id}
      DEVOPS PATCH /nodes/{id}
      DEVOPS POST /nodes/{id}/decommission
      ADMIN DELETE /nodes/{id}
      DEVOPS POST /nodes/{id}/api-key/rotate
      DEVOPS DELETE /nodes/{id}/api-key
      DEVOPS GET /lifecycle-logs
      DEVOPS GET /nodes/{id}/lifecycle-logs
      USER GET /nodes/{id}/heartbeats
      USER GET /nodes/{id}/analytics
      READER GET /nodes/{id}/config
      DEVOPS PUT /nodes/{id}/config
      NODE PUT /nodes/{id}/config/push
      DEVOPS POST /nodes/{id}/config/validate
      USER GET /nodes/{id}/configs
      USER GET /nodes/{id}/configs/{cid}
      USER GET /nodes/{id}/configs/diff
      DEVOPS POST /nodes/{id}/configs/{cid}/rollback
      NODE POST /nodes/{id}/heartbeat
      NODE POST /nodes/{id}/metrics
      NODE GET /nodes/{id}/targets
      NODE GET /nodes/{id}/events
      USER GET /pools
      USER GET /pools/{id}
      DEVOPS POST /pools
      DEVOPS PATCH /pools/{id}
      DEVOPS PUT /pools/{id}/limits
      DEVOPS DELETE /pools/{id}
      ADMIN POST /pools/{id}/move
      ADMIN PUT /pools/{id}/control-mode
      USER GET /pools/{id}/override
      DEVOPS PUT /pools/{id}/override
      DEVOPS DELETE /pools/{id}/override
      USER GET /pools/{id}/behavior
      DEVOPS PUT /pools/{id}/behavior
      USER GET /schedules
      DEVOPS POST /schedules
      USER GET /schedules/{id}
      DEVOPS PUT /schedules/{id}
      DEVOPS PATCH /schedules/{id}
      DEVOPS DELETE /schedules/{id}
      USER GET /schedules/{id}/preview
      USER GET /pools/{id}/schedule-plan
      USER GET /pools/{id}/policies
      DEVOPS POST /pools/{id}/policies
      USER GET /policies/{id}
      DEVOPS PUT /policies/{id}
      DEVOPS DELETE /policies/{id}
      DEVOPS POST /policies/{id}/enable
      DEVOPS POST /policies/{id}/disable
      DEVOPS POST /policies/{id}/dry-run
      USER GET /pools/{id}/recommendation
      USER POST /pools/{id}/recommendation
      USER GET /pools/{id}/decisions
      USER GET /decisions/{id}
      DEVOPS POST /pools/{id}/backtests
      DEVOPS GET /backtests/{id}
      DEVOPS GET /backtests/{id}/timeline
      DEVOPS DELETE /backtests/{id}
      USER GET /metrics
      USER GET /metrics/query
      USER GET /metrics/types
      USER GET /analytics/system
      USER GET /analytics/system/history
      USER GET /analytics/pools
      USER GET /analytics/pools/{id}
      ADMIN GET /audit-logs
      ADMIN GET /audit-logs/{id}
      ADMIN GET /audit-logs/summary
      ADMIN GET /audit-logs/categories
      ADMIN GET /audit-logs/export
      ADMIN GET /audit-logs/verify
      USER GET /events/stream
      """;

  private final Database database = Autoscaler.fleet().database();

  @Test
  void a12ARoleSetHereHoldsAndNobodyTakesOverALocalAccount() {
    var me = expect(200, Autoscaler.person("dev").get("/auth/me")).body();
    assertThat(me.path("role").asText()).isEqualTo("DEVOPS");
    int dev = me.at("/user/id").asInt();
    try {
      expect(
          200,
          Autoscaler.as("admin").send("PUT", "/users/" + dev + "/role", Map.of("role", "USER")));
      assertThat(Autoscaler.fleet().replicas())
          .allSatisfy(replica -> {
            var again =
                expect(200, replica.api().withToken(Tokens.get().ofUser("dev")).get("/auth/me"));
            assertThat(again.body().path("role").asText()).isEqualTo("USER");
            assertThat(again.body().at("/user/role_override").asBoolean()).isTrue();
          });
    } finally {
      expect(200, Autoscaler.as("admin").send("DELETE", "/users/" + dev + "/role-override", null));
    }
    assertThat(Autoscaler.person("dev").get("/auth/me").body().path("role").asText())
        .isEqualTo("DEVOPS");

    var statuses = Race.of(100, () -> Autoscaler.person("nora").get("/auth/me").status());
    assertThat(statuses).containsOnly(200);
    assertThat(accounts("nora@example.test")).hasSize(1);

    expect(
        201,
        Autoscaler.as("admin")
            .post(
                "/users",
                Map.of(
                    "email", "lin@example.test",
                    "password", PASSWORD,
                    "full_name", "Lin",
                    "role", "ADMIN")));
    var refused = Autoscaler.person("lin").get("/auth/me");
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.code()).isEqualTo("account_link_required");
    var login =
        expect(
                200,
                Autoscaler.fleet()
                    .api()
                    .post("/auth/login", Map.of("email", "lin@example.test", "password", PASSWORD)))
            .body();
    // The other replica knows the token as well: they have the same key.
    assertThat(Autoscaler.fleet().replicas())
        .allSatisfy(replica -> {
          var local = replica.api().withToken(login.path("access_token").asText()).get("/auth/me");
          assertThat(local.body().path("role").asText()).isEqualTo("ADMIN");
        });
  }

  @Test
  void a13AChangeIsOnRecordAndTheRecordIsSealed() {
    var pool = Node.create().pool(2, 10);
    String limits = "/pools/" + pool.id() + "/limits";
    expect(
        200,
        Autoscaler.as("devops")
            .send(
                "PUT",
                limits,
                Map.of("min_instances", 2, "max_instances", 20),
                "User-Agent",
                "a13/1"));
    expect(
        422,
        Autoscaler.as("devops")
            .send("PUT", limits, Map.of("min_instances", 5, "max_instances", 2)));
    expect(
        403,
        Autoscaler.as("user").send("PUT", limits, Map.of("min_instances", 2, "max_instances", 3)));

    String filter = "resource_type=pool&resource_id=" + pool.id() + "&action=POOL_LIMITS_CHANGED";
    var rows = trail(filter);
    var changed = rows.stream().filter(row -> status(row).equals("SUCCESS")).toList();
    assertThat(changed)
        .singleElement()
        .satisfies(row -> {
          assertThat(row.at("/details/before/max_instances").asInt()).isEqualTo(10);
          assertThat(row.at("/details/after/max_instances").asInt()).isEqualTo(20);
          assertThat(row.path("ip_address").asText()).isEqualTo("127.0.0.1");
          assertThat(row.path("user_agent").asText()).isEqualTo("a13/1");
          assertThat(row.path("user_email").asText()).isEqualTo("dev@example.test");
        });
    assertThat(rows.stream().filter(row -> status(row).equals("FAILURE")))
        .extracting(row -> row.path("error_message").asText())
        .containsExactlyInAnyOrder("limits_invalid", "forbidden");
    var export = Autoscaler.as("admin").get("/audit-logs/export?format=ndjson&" + filter);
    assertThat(export.status()).isEqualTo(200);
    assertThat(export.http().body().lines()).hasSize(rows.size());

    long row = changed.getFirst().path("id").asLong();
    Eventually.holds(
        SOON, () -> assertThat(verify().at("/newest/to_id").asLong()).isGreaterThanOrEqualTo(row));
    assertThat(verify().path("valid").asBoolean()).isTrue();
    agent(row, "somebody else");
    try {
      var broken = verify();
      assertThat(broken.path("valid").asBoolean()).isFalse();
      assertThat(broken.path("broken"))
          .singleElement()
          .satisfies(seal -> {
            assertThat(seal.path("from_id").asLong()).isLessThanOrEqualTo(row);
            assertThat(seal.path("to_id").asLong()).isGreaterThanOrEqualTo(row);
          });
    } finally {
      agent(row, "a13/1");
    }
    assertThat(verify().path("valid").asBoolean()).isTrue();
  }

  @Test
  void a18EachRouteOpensForWhomItIsAndForNobodyElse() {
    var node = Node.create();
    var contract = Contract.of(Autoscaler.fleet().any().uri("").toString());
    var table = new TreeMap<String, String>();
    WHO.lines()
        .map(line -> line.split(" ", 2))
        .forEach(line -> table.put(line[1].replace(" ", " /api/v1"), line[0]));
    assertThat(contract.operations())
        .extracting(Operation::toString)
        .containsExactlyInAnyOrderElementsOf(table.keySet());

    var tokens = new LinkedHashMap<String, String>();
    for (String role : List.of("user", "devops", "admin", "service")) {
      tokens.put(role, Tokens.get().of(role));
    }
    var wrongTokens = List.of("", Tokens.get().wrongSignature("admin"));
    List<String> unexpected = new ArrayList<>();
    for (Operation operation : contract.operations()) {
      String who = table.get(operation.toString());
      if ("ANYONE".equals(who)) {
        continue;
      }
      Set<String> may = OPENED_BY.getOrDefault(who, Set.of());
      for (String wrong : wrongTokens) {
        Reply reply = call(contract, operation, wrong);
        if (reply.status() != 401) {
          unexpected.add(operation + " with a wrong token: " + reply);
        }
      }
      tokens.forEach((role, token) -> {
        if (!asItShould(call(contract, operation, token), may.contains(role))) {
          unexpected.add(operation + " as " + role + ": " + call(contract, operation, token));
        }
      });
      Reply byKey = withKey(node, operation);
      if (!asItShould(byKey, may.contains("node key"))) {
        unexpected.add(operation + " with a node's key: " + byKey);
      }
    }
    assertThat(unexpected).isEmpty();
  }

  private static boolean asItShould(Reply reply, boolean may) {
    boolean refused = reply.status() == 403 && reply.code().equals("forbidden");
    return reply.status() != 401 && reply.status() < 500 && refused != may;
  }

  /** Aimed at what does not exist, so that nobody's right does harm. */
  private static Reply call(Contract contract, Operation operation, String token) {
    var path = new LinkedHashMap<String, String>();
    operation
        .parameters("path")
        .forEach(parameter ->
            path.put(
                parameter.path("name").asText(),
                parameter.at("/schema/type").asText().equals("integer")
                    ? Integer.toString(Integer.MAX_VALUE)
                    : "nobody"));
    return contract.call(
        operation, token.isEmpty() ? null : token, path, "", operation.hasBody() ? "{}" : null);
  }

  /** At the node itself, where the operation is about nodes. */
  private static Reply withKey(Node node, Operation operation) {
    boolean nodes = operation.path().startsWith("/api/v1/nodes/");
    String path =
        operation
            .path()
            .replace("{id}", Integer.toString(nodes ? node.id() : Integer.MAX_VALUE))
            .replaceAll("\\{.*?}", "1");
    if (path.endsWith("/" + node.id() + "/events")) {
      var headers = Map.of("X-API-Key", node.key());
      try (var stream = SseReader.open(node.fleet().any().uri(path), headers)) {
        return new Reply(stream.status(), "", "");
      }
    }
    var answer =
        node.fleet()
            .api()
            .send(
                operation.verb().toUpperCase(java.util.Locale.ROOT),
                path.substring("/api/v1".length()),
                operation.hasBody() ? "{}" : null,
                "X-API-Key",
                node.key());
    return new Reply(answer.status(), "", answer.http().body());
  }

  private void agent(long row, String userAgent) {
    assertThat(
            database.update(
                "UPDATE autoscaler.audit_logs SET user_agent = ? WHERE id = ?", userAgent, row))
        .isEqualTo(1);
  }

  private static JsonNode verify() {
    return expect(200, Autoscaler.as("admin").get("/audit-logs/verify")).body();
  }

  private static List<JsonNode> trail(String filter) {
    var rows = new ArrayList<JsonNode>();
    expect(200, Autoscaler.as("admin").get("/audit-logs?" + filter))
        .body()
        .path("items")
        .forEach(rows::add);
    return rows;
  }

  private static String status(JsonNode row) {
    return row.path("status").asText();
  }

  private static List<JsonNode> accounts(String email) {
    var found = new ArrayList<JsonNode>();
    expect(200, Autoscaler.as("admin").get("/users?q=" + Contract.encoded(email)))
        .body()
        .path("items")
        .forEach(found::add);
    return found;
  }
}
