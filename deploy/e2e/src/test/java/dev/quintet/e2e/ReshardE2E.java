package dev.quintet.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.testing.Eventually;
import dev.quintet.e2e.fleet.Answer;
import dev.quintet.e2e.fleet.Api;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Scenario 13: from 8 shards to 16 while events come in, each of them handled once. */
@ResourceLock("tracker")
class ReshardE2E {
  private static final Api DEVOPS = Tracker.as("devops");

  /** A guild event as Discord sends it to the shard of every layout; ids grow with time. */
  private record Event(long id, long guild) {}

  /** A bot of one layout: acts, or keeps what comes until it may act. */
  private static final class Bot {
    final Pod pod;
    private final int total;
    private final Map<Long, AtomicInteger> handled;
    private final Queue<Event> kept = new ConcurrentLinkedQueue<>();
    private boolean acting;
    private long lastHandled;

    Bot(Pod pod, int total, boolean acting, Map<Long, AtomicInteger> handled) {
      this.pod = pod;
      this.total = total;
      this.acting = acting;
      this.handled = handled;
    }

    synchronized void receive(Event event) {
      int shard = (int) ((event.guild() >> 22) % total);
      if (!pod.epochs.containsKey(shard)) {
        return;
      }
      if (acting) {
        handle(event);
      } else {
        kept.add(event);
      }
    }

    private void handle(Event event) {
      handled.computeIfAbsent(event.id(), id -> new AtomicInteger()).incrementAndGet();
      lastHandled = event.id();
    }

    /** Beats, and does what the reply asks for. */
    synchronized void beat() {
      Answer answer = pod.beat();
      assertThat(answer.status()).as(() -> pod.id + " " + answer.body()).isEqualTo(200);
      for (JsonNode directive : answer.body().path("directives")) {
        switch (directive.path("type").asText()) {
          case "pause" -> pause();
          case "serve" -> serve(directive);
          case "drain" -> List.copyOf(pod.epochs.keySet()).forEach(pod::release);
          default -> throw new AssertionError("unknown directive " + directive);
        }
      }
    }

    private void pause() {
      if (acting) {
        acting = false;
        pod.report("paused", lastHandled);
      }
    }

    /**
     * What the old layout handled is dropped, by the old shard's last event; the rest is handled
     * now.
     */
    private void serve(JsonNode directive) {
      if (acting) {
        return;
      }
      int from = directive.path("from_total_shards").asInt();
      JsonNode last = directive.path("last_event_ids");
      for (Event event : kept) {
        String oldShard = Integer.toString((int) ((event.guild() >> 22) % from));
        if (event.id() > last.path(oldShard).asLong(0)) {
          handle(event);
        }
      }
      kept.clear();
      acting = true;
    }
  }

  @Test
  void everyEventIsHandledOnceWhileTheLayoutChanges() {
    String cluster = Tracker.newCluster(8, "lease_ttl_ms", "30000");
    Map<Long, AtomicInteger> handled = new ConcurrentHashMap<>();
    var bots = new ArrayList<Bot>();
    IntStream.range(0, 2).forEach(n -> bots.add(bot(cluster, "old-" + n, 4, 8, true, handled)));
    long sent = send(bots, 0, 200);

    var plan = DEVOPS.post("/clusters/" + cluster + "/reshards", Map.of("target_total_shards", 16));
    assertThat(plan.status()).isEqualTo(201);
    assertThat(
            Tracker.as("admin")
                .send("PATCH", "/clusters/" + cluster, Map.of("total_shards", 16), "If-Match", "*")
                .code())
        .isEqualTo("use_reshard");
    IntStream.range(0, 4).forEach(n -> bots.add(bot(cluster, "new-" + n, 4, 16, false, handled)));
    sent = send(bots, sent, 200);
    bots.forEach(Bot::beat);
    String path = "/clusters/" + cluster + "/reshards/" + plan.body().path("id").asLong();
    Eventually.holds(Duration.ofSeconds(20), () -> assertThat(state(path)).isEqualTo("ready"));
    long before = Facts.of(cluster).version();
    assertThat(guildShard(cluster).path("total_shards").asInt()).isEqualTo(8);

    assertThat(DEVOPS.post(path + "/cutover", null).status()).isEqualTo(202);
    long[] last = {sent};
    Eventually.holds(
        Duration.ofSeconds(20),
        () -> {
          last[0] = send(bots, last[0], 50);
          bots.forEach(Bot::beat);
          assertThat(state(path)).isEqualTo("done");
        });
    bots.forEach(Bot::beat);
    last[0] = send(bots, last[0], 100);

    assertThat(handled).hasSize((int) last[0]);
    assertThat(handled.values()).allMatch(times -> times.get() == 1);
    assertThat(guildShard(cluster).path("total_shards").asInt()).isEqualTo(16);
    assertThat(Facts.of(cluster).version()).isGreaterThan(before);
    assertThat(
            Facts.of(cluster)
                .number(
                    "SELECT count(*) FROM tracker.generations WHERE state = 'serving' AND cluster_name = ?"))
        .isEqualTo(1);
  }

  @Test
  void anAbortLeavesTheServingLayoutUntouched() {
    String cluster = Tracker.newCluster(8, "lease_ttl_ms", "30000");
    new Pod(cluster, "old").with("want", 8).acquire();
    var before = Facts.of(cluster).placement();
    var plan = DEVOPS.post("/clusters/" + cluster + "/reshards", Map.of("target_total_shards", 16));
    var next = new Pod(cluster, "new").with("want", 16).with("generation", "next");
    assertThat(next.acquire().status()).isEqualTo(201);

    var aborted =
        DEVOPS.post(
            "/clusters/" + cluster + "/reshards/" + plan.body().path("id").asLong() + "/abort",
            null);
    var beat = next.beat();

    assertThat(aborted.body().path("state").asText()).isEqualTo("aborted");
    assertThat(beat.status()).isEqualTo(409);
    assertThat(beat.body().path("reason").asText()).isEqualTo("revoked");
    assertThat(Facts.of(cluster).placement()).isEqualTo(before);
  }

  private static Bot bot(
      String cluster,
      String id,
      int want,
      int total,
      boolean serving,
      Map<Long, AtomicInteger> handled) {
    var pod =
        new Pod(cluster, id).with("want", want).with("generation", serving ? "serving" : "next");
    assertThat(pod.acquire().status()).isEqualTo(201);
    pod.beat();
    return new Bot(pod, total, serving, handled);
  }

  /**
   * Each event to every bot, as Discord does with two layouts side by side. Returns the last id.
   */
  private static long send(List<Bot> bots, long after, int count) {
    for (long id = after + 1; id <= after + count; id++) {
      var event = new Event(id, (id * 7919) << 22);
      bots.forEach(bot -> bot.receive(event));
    }
    return after + count;
  }

  private static String state(String path) {
    return DEVOPS.get(path).body().path("state").asText();
  }

  private static JsonNode guildShard(String cluster) {
    return Tracker.as("user")
        .get("/clusters/" + cluster + "/guilds/81384788765712384/shard")
        .body();
  }
}
