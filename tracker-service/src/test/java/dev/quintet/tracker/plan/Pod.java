package dev.quintet.tracker.plan;

import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A bot process as the tracker sees it: it asks, reports and releases over HTTP. */
final class Pod {
  final String name;
  final String incarnation = UUID.randomUUID().toString();

  /** Shard to epoch. */
  final Map<Integer, Long> held = new TreeMap<>();

  private @Nullable Long pause;
  private final Fleet fleet;
  private final Map<String, Object> about = new LinkedHashMap<>();

  Pod(Fleet fleet, String name) {
    this.fleet = fleet;
    this.name = name;
  }

  /** Such as node_name, bot_version, pod_uid, max_shards, generation. */
  Pod with(String key, Object value) {
    about.put(key, value);
    return this;
  }

  Response ask(int want, boolean standby) {
    var body = new LinkedHashMap<String, Object>(about);
    body.put("instance_id", name);
    body.put("incarnation", incarnation);
    body.put("want", want);
    body.put("standby", standby);
    if (about.containsKey("max_shards")) {
      body.put("max_shards", Math.max(want, (int) about.get("max_shards")));
    }
    var answer = fleet.as("service").body(body).post(fleet.path("/assignments"));
    if (answer.statusCode() < 300) {
      learn(answer.jsonPath());
    }
    return answer;
  }

  Pod holds(int want) {
    ask(want, false).then().statusCode(201);
    return this;
  }

  /** What a waiting pod learns when it looks. */
  JsonPath look() {
    var answer =
        fleet
            .as("service")
            .get(fleet.path("/instances/" + name + "/assignments?incarnation=" + incarnation));
    answer.then().statusCode(200);
    learn(answer.jsonPath());
    return answer.jsonPath();
  }

  private void learn(JsonPath assignment) {
    held.clear();
    List<Map<String, Object>> shards = assignment.getList("shards");
    shards.forEach(shard ->
        held.put(
            (Integer) shard.get("shard_id"),
            ((Number) Objects.requireNonNull(shard.get("epoch"))).longValue()));
  }

  /** All its shards in one state; each with {@code lastEventId} plus its number. */
  Response report(String state, @Nullable Long lastEventId) {
    var last = new TreeMap<Integer, Long>();
    if (lastEventId != null) {
      held.keySet().forEach(shard -> last.put(shard, lastEventId + shard));
    }
    return report(state, last);
  }

  /** All its shards in one state, with the last event that each has handled. */
  Response report(String state, Map<Integer, Long> lastEventIds) {
    var shards = new ArrayList<Map<String, Object>>();
    held.forEach((shard, epoch) -> {
      var one = new LinkedHashMap<String, Object>();
      one.put("shard_id", shard);
      one.put("epoch", epoch);
      one.put("state", state);
      one.put("session_id", name + "-" + shard);
      one.put("resume_gateway_url", "wss://gateway.example");
      one.put("seq", 7);
      if (lastEventIds.containsKey(shard)) {
        one.put("last_event_id", Long.toString(lastEventIds.get(shard)));
      }
      shards.add(one);
    });
    var body = new LinkedHashMap<String, Object>();
    body.put("incarnation", incarnation);
    body.put("state", "ready");
    body.put("shards", shards);
    if (pause != null) {
      body.put("pause_id", pause);
    }
    return fleet.as("service").body(body).post(fleet.path("/instances/" + name + "/heartbeat"));
  }

  /** Its heartbeats name this pause from now on. */
  Pod acknowledges(@Nullable Long pauseId) {
    pause = pauseId;
    return this;
  }

  JsonPath beat(String state) {
    return beat(state, null);
  }

  JsonPath beat(String state, @Nullable Long lastEventId) {
    var answer = report(state, lastEventId);
    answer.then().statusCode(200);
    return answer.jsonPath();
  }

  Pod ready() {
    beat("ready");
    return this;
  }

  /** The shards that its last directive asks it to release. */
  List<Integer> drained(JsonPath reply) {
    List<Integer> shards =
        reply.getList("directives.findAll { it.type == 'drain' }.shards.flatten()");
    return shards == null ? List.of() : shards;
  }

  void releases(List<Integer> shards) {
    var reports = new ArrayList<Map<String, Object>>();
    shards.forEach(shard ->
        reports.add(
            Map.of(
                "shard_id",
                shard,
                "epoch",
                held.get(shard),
                "session_id",
                name + "-" + shard,
                "resume_gateway_url",
                "wss://gateway.example",
                "seq",
                100 + shard)));
    fleet
        .as("service")
        .body(Map.of("incarnation", incarnation, "shards", reports, "reason", "drain"))
        .post(fleet.path("/instances/" + name + "/release"))
        .then()
        .statusCode(200);
    shards.forEach(held::remove);
  }
}
