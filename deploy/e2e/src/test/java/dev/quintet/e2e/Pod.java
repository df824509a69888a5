package dev.quintet.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.quintet.e2e.fleet.Answer;
import dev.quintet.e2e.fleet.Api;
import dev.quintet.e2e.fleet.Fleet;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A bot process that follows the rules of a pod (strict fencing): it beats on its own, stops acting
 * at its local deadline, and drops a shard that it is told to have lost. Killing it means that
 * nothing more comes from it.
 */
final class Pod {
  private static final ScheduledExecutorService BEATS =
      java.util.concurrent.Executors.newScheduledThreadPool(
          4, Thread.ofPlatform().daemon().factory());

  final String cluster;
  final String id;
  final UUID incarnation = UUID.randomUUID();
  final Map<Integer, Long> epochs = new ConcurrentSkipListMap<>();
  private final Api tracker;
  private final ObjectNode wish = Api.JSON.createObjectNode();
  private volatile long deadlineNanos = System.nanoTime();
  private volatile long seq;
  private volatile String state = "ready";
  private volatile long lastEventId;
  private @Nullable ScheduledFuture<?> beating;

  Pod(String cluster, String id) {
    this(Tracker.fleet(), cluster, id);
  }

  Pod(Fleet fleet, String cluster, String id) {
    this.tracker = Tracker.as(fleet, "service");
    this.cluster = cluster;
    this.id = id;
    wish.put("instance_id", id).put("incarnation", incarnation.toString());
  }

  /** A field of the assignment request, such as want, standby or pod_uid. */
  Pod with(String field, Object value) {
    wish.set(field, Api.JSON.valueToTree(value));
    return this;
  }

  Answer acquire() {
    return took(System.nanoTime(), tracker.post("/clusters/" + cluster + "/assignments", wish));
  }

  /** Waits in line; 304 when nothing changed in time. */
  Answer await(int seconds, long afterVersion) {
    return took(
        System.nanoTime(),
        tracker.get(
            "/clusters/%s/instances/%s/assignments?wait_s=%d&after_version=%d&incarnation=%s"
                .formatted(cluster, id, seconds, afterVersion, incarnation)));
  }

  private Answer took(long sentNanos, Answer answer) {
    if (answer.status() == 200 || answer.status() == 201) {
      answer
          .body()
          .path("shards")
          .forEach(
              shard -> epochs.put(shard.path("shard_id").asInt(), shard.path("epoch").asLong()));
      extend(sentNanos, answer.body());
    }
    return answer;
  }

  Answer beat() {
    long sent = System.nanoTime();
    var answer =
        tracker.post("/clusters/" + cluster + "/instances/" + id + "/heartbeat", beatBody());
    if (answer.status() == 200) {
      extend(sent, answer.body());
    }
    if (answer.status() == 200 || answer.status() == 409) {
      for (JsonNode shard : answer.body().path("shards")) {
        if (shard.path("outcome").asText().equals("lost")) {
          epochs.remove(shard.path("shard_id").asInt());
        }
      }
    }
    return answer;
  }

  /** One beat that says another state of all shards, with the highest event handled. */
  Answer report(String state, long lastEventId) {
    this.state = state;
    this.lastEventId = lastEventId;
    return beat();
  }

  private ObjectNode beatBody() {
    ObjectNode body = Api.JSON.createObjectNode().put("incarnation", incarnation.toString());
    ArrayNode shards = body.putArray("shards");
    seq++;
    new TreeMap<>(epochs)
        .forEach((shard, epoch) ->
            shards
                .addObject()
                .put("shard_id", shard)
                .put("epoch", epoch)
                .put("state", state)
                .put("session_id", "session-of-" + shard + "-" + epoch)
                .put("resume_gateway_url", "wss://gateway.example")
                .put("seq", seq)
                .put("last_event_id", lastEventId == 0 ? null : Long.toString(lastEventId)));
    return body;
  }

  /** Beats every two seconds until it is killed or stopped. */
  Pod beatOn() {
    beating = BEATS.scheduleAtFixedRate(this::beatQuietly, 0, 2000, TimeUnit.MILLISECONDS);
    return this;
  }

  private void beatQuietly() {
    try {
      beat();
    } catch (AssertionError away) {
      // The tracker is away: the deadline decides.
    }
  }

  /** Nothing more comes from it. */
  void kill() {
    if (beating != null) {
      beating.cancel(false);
    }
  }

  /** As on SIGTERM: stops acting, and gives everything back with its last sequence number. */
  Answer stop() {
    kill();
    ObjectNode body = beatBody().put("reason", "sigterm");
    body.path("shards").forEach(shard -> ((ObjectNode) shard).remove("state"));
    epochs.clear();
    return tracker.post("/clusters/" + cluster + "/instances/" + id + "/release", body);
  }

  /** Gives one shard back, with its session. */
  Answer release(int shard) {
    long epoch = java.util.Objects.requireNonNull(epochs.remove(shard), "not held");
    ObjectNode body = Api.JSON.createObjectNode().put("incarnation", incarnation.toString());
    body.putArray("shards")
        .addObject()
        .put("shard_id", shard)
        .put("epoch", epoch)
        .put("session_id", "session-of-" + shard + "-" + epoch)
        .put("seq", seq);
    return tracker.post("/clusters/" + cluster + "/instances/" + id + "/release", body);
  }

  /** Whether the pod may act on a shard by its own clock. */
  boolean acts(int shard) {
    return epochs.containsKey(shard) && System.nanoTime() < deadlineNanos;
  }

  long lastSeq() {
    return seq;
  }

  private void extend(long sentNanos, JsonNode reply) {
    deadlineNanos = sentNanos + Duration.ofMillis(reply.path("valid_for_ms").asLong()).toNanos();
  }
}
