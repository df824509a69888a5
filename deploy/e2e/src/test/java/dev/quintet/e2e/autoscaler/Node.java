package dev.quintet.e2e.autoscaler;

import static dev.quintet.e2e.autoscaler.Autoscaler.expect;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.e2e.fleet.Answer;
import dev.quintet.e2e.fleet.Api;
import dev.quintet.e2e.fleet.Fleet;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/** A node and its agent. */
record Node(Fleet fleet, int id, String name, String key) {
  static Node create() {
    return create(Autoscaler.fleet());
  }

  static Node create(Fleet fleet) {
    String name = Autoscaler.unique("node");
    var made =
        expect(
                201,
                fleet
                    .api()
                    .as("devops")
                    .post("/nodes", Map.of("name", name, "region", "eu-frankfurt-1")))
            .body();
    return new Node(fleet, made.at("/node/id").asInt(), name, made.path("api_key").asText());
  }

  /** What it is heard of at least this often; three times as long silence is offline. */
  Node every(int seconds) {
    expect(
        200,
        fleet
            .api()
            .as("devops")
            .send("PATCH", "/nodes/" + id, Map.of("heartbeat_interval_seconds", seconds)));
    return this;
  }

  /** A pool of it that is managed by nobody yet. */
  Pool pool(int min, int max) {
    String oracleId = Autoscaler.unique("ocid1.instancepool.oc1..");
    var body =
        Map.of(
            "node_id", id,
            "oracle_pool_id", oracleId,
            "name", "web",
            "min_instances", min,
            "max_instances", max);
    var made = expect(201, fleet.api().as("devops").post("/pools", body)).body();
    return new Pool(this, made.path("id").asInt(), oracleId);
  }

  /** All is well, and these pools are so. */
  Answer beat(List<Map<String, Object>> pools) {
    return send(Map.of("status", "active", "pool_analytics", pools));
  }

  Answer send(Object body) {
    return send(fleet.api(), body);
  }

  /** At this replica, or with whatever else is special about the caller. */
  Answer send(Api api, Object body) {
    return api.post("/nodes/" + id + "/heartbeat", body, "X-API-Key", key);
  }

  Answer metrics(String query, String body) {
    return fleet.api().post("/nodes/" + id + "/metrics" + query, body, "X-API-Key", key);
  }

  JsonNode read() {
    return expect(200, fleet.api().as("user").get("/nodes/" + id)).body();
  }

  /** What happened to it, oldest first, with who said so: {@code WENT_OFFLINE system}. */
  List<String> life() {
    var logs =
        expect(200, fleet.api().as("devops").get("/nodes/" + id + "/lifecycle-logs?limit=200"))
            .body()
            .path("items");
    return StreamSupport.stream(logs.spliterator(), false)
        .sorted(java.util.Comparator.comparingLong((JsonNode log) -> log.path("id").asLong()))
        .map(log ->
            log.path("event_type").asText()
                + " "
                + log.path("previous_status").asText()
                + " "
                + log.path("triggered_by").asText())
        .toList();
  }
}
