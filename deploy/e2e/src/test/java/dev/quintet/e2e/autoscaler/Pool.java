package dev.quintet.e2e.autoscaler;

import static dev.quintet.e2e.autoscaler.Autoscaler.expect;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.e2e.fleet.Answer;
import dev.quintet.e2e.fleet.Api;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A pool of a node. */
record Pool(Node node, int id, String oracleId) {
  static final Map<String, Object> CPU_60 =
      Map.of("name", "cpu60", "type", "target_tracking", "metric", "cpu", "target", 60);

  /** No memory and no pauses. */
  static final Map<String, Object> IMMEDIATE =
      Map.of(
          "scale_in_window_seconds", 0,
          "scale_out_window_seconds", 0,
          "cooldown_in_seconds", 0,
          "cooldown_out_seconds", 0);

  private Api as(String role) {
    return node.fleet().api().as(role);
  }

  /** An enabled policy, its id. */
  int policy(Map<String, Object> spec, boolean dryRun) {
    var body = new HashMap<>(spec);
    body.put("dry_run", dryRun);
    int policy =
        expect(201, as("devops").post("/pools/" + id + "/policies", body))
            .body()
            .path("id")
            .asInt();
    expect(200, as("devops").post("/policies/" + policy + "/enable", null));
    return policy;
  }

  Pool behavior(Map<String, Object> spec) {
    expect(200, as("devops").send("PUT", "/pools/" + id + "/behavior", spec));
    return this;
  }

  Pool managed() {
    expect(
        200, as("admin").send("PUT", "/pools/" + id + "/control-mode", Map.of("mode", "managed")));
    return this;
  }

  /** A schedule of every day, its id. */
  int schedule(String mode, String start, String end, int target) {
    var body =
        Map.of(
            "pool_id", id,
            "name", "hours",
            "start_time", start,
            "end_time", end,
            "target_instances", target,
            "mode", mode);
    return expect(201, as("devops").post("/schedules", body)).body().path("id").asInt();
  }

  void pin(int target) {
    var body =
        Map.of(
            "target",
            target,
            "expires_at",
            Instant.now().plusSeconds(3600).toString(),
            "reason",
            "by hand");
    expect(200, as("devops").send("PUT", "/pools/" + id + "/override", body));
  }

  /** As its node reports it; all instances are ready. */
  Map<String, Object> report(int instances, double cpu) {
    return Map.of(
        "oracle_pool_id", oracleId,
        "current_instances", instances,
        "active_instances", instances,
        "avg_cpu_utilization", cpu,
        "avg_memory_utilization", 40.0);
  }

  /** A heartbeat of its node that tells of it alone; the target that the answer gives. */
  JsonNode beat(int instances, double cpu) {
    return expect(200, node.beat(List.of(report(instances, cpu)))).body().path("targets").path(0);
  }

  /** What would be decided if it were so. */
  JsonNode whatIf(Map<String, Object> assumed) {
    return expect(200, as("user").post("/pools/" + id + "/recommendation", assumed)).body();
  }

  Answer read() {
    return as("user").get("/pools/" + id);
  }

  /** Oldest first. */
  List<JsonNode> decisions() {
    var decisions = new ArrayList<JsonNode>();
    expect(200, as("user").get("/pools/" + id + "/decisions?limit=200"))
        .body()
        .path("items")
        .forEach(decisions::addFirst);
    return decisions;
  }

  /** Such as {@code SCALE_UP SCHEDULE_EXACT 5}, oldest first. */
  List<String> codes() {
    return decisions().stream()
        .map(decision ->
            decision.path("event").asText()
                + " "
                + decision.path("code").asText()
                + " "
                + decision.path("target").asInt())
        .toList();
  }

  /** A finished back-test. */
  JsonNode backtest(Map<String, Object> request) {
    var accepted = expect(202, as("devops").post("/pools/" + id + "/backtests", request)).body();
    var done = new ArrayList<JsonNode>();
    dev.quintet.common.testing.Eventually.holds(
        java.time.Duration.ofSeconds(30),
        () -> {
          var found =
              expect(200, as("devops").get("/backtests/" + accepted.path("id").asText())).body();
          if (!found.path("status").asText().equals("done")) {
            throw new AssertionError("back-test is " + found.path("status"));
          }
          done.add(found);
        });
    return done.getLast();
  }
}
