package dev.quintet.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.testing.Eventually;
import dev.quintet.e2e.Discord.Act;
import dev.quintet.e2e.fleet.Pauses;
import dev.quintet.e2e.fleet.Program;
import dev.quintet.e2e.fleet.Tap;
import dev.quintet.e2e.fleet.Tap.Request;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Scenario 7: real bot processes, one on @discordjs/ws and one on JDA, are stopped by the kernel in
 * the middle of their work. All times are of the monotonic clock that the processes share.
 */
@ResourceLock("tracker")
class PartitionE2E {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final long TTL = Duration.ofSeconds(6).toNanos();
  private static final long GRACE = Duration.ofSeconds(1).toNanos();

  @TempDir Path folder;

  /** A bot process, and what it says to the tracker. */
  private record Bot(Program process, Tap tracker, Discord discord) implements AutoCloseable {
    String name() {
      return process.name;
    }

    List<Act> acts() {
      return discord.actsOf(name());
    }

    List<Act> actsBetween(long from, long to) {
      return acts().stream().filter(act -> act.atNanos() > from && act.atNanos() < to).toList();
    }

    Request lastHeartbeat() {
      return tracker.to("/instances/" + name() + "/heartbeat").getLast();
    }

    /** The shard that it was granted last. */
    JsonNode grant() {
      return process.told("acquired").getLast();
    }

    int shard() {
      return grant().path("shard_id").asInt();
    }

    long epoch() {
      return grant().path("epoch").asLong();
    }

    boolean connected(int shards) {
      process.expectAlive();
      return process.told("ready").size() + process.told("resumed").size() >= shards;
    }

    /** Each call goes to the tracker by a new replica's line, as behind a Kubernetes service. */
    static Bot of(Discord discord, String kind, String name, String cluster, int want) {
      var line = new Tap(Tracker.fleet().any().uri(""));
      var process =
          kind.equals("jda")
              ? discord.jda(name, cluster, line, want)
              : discord.discordJs(name, cluster, line, want);
      return new Bot(process, line, discord);
    }

    @Override
    public void close() {
      process.close();
      tracker.close();
    }
  }

  @Test
  void holdersFrozenPastTheirLeaseHaveStoppedBeforeAnotherActsAndComeBackInLine() {
    try (var discord = new Discord(folder)) {
      String cluster = cluster(discord, 1000);
      try (var js = Bot.of(discord, "discordjs", "bot-js", cluster, 1);
          var jda = Bot.of(discord, "jda", "bot-jda", cluster, 1)) {
        var frozen = List.of(js, jda);
        eventually(() -> assertThat(frozen).allMatch(bot -> bot.connected(1)));
        try (var heir = Bot.of(discord, "discordjs", "heir", cluster, 2)) {
          eventually(() -> assertThat(heir.process().told("standby")).isNotEmpty());
          discord.startEvents(20);
          eventually(() -> assertThat(frozen).allMatch(bot -> bot.acts().size() >= 10));
          awaitSessions(cluster, 2);

          frozen.forEach(bot -> bot.process().freeze());
          long froze = System.nanoTime();
          var before = Facts.of(cluster).placement();
          var lastBeats = frozen.stream().map(Bot::lastHeartbeat).toList();
          var expiries = expiries(cluster);
          eventually(() -> assertThat(heir.process().told("acquired")).hasSize(2));
          eventually(() -> assertThat(heir.acts()).hasSizeGreaterThan(20));
          Pauses.of(Duration.ofSeconds(20).minusNanos(System.nanoTime() - froze));

          // Nobody got them sooner than the lease and the grace after it, by either clock.
          for (JsonNode grant : heir.process().told("acquired")) {
            Bot holder = holderOf(frozen, grant.path("shard_id").asInt());
            Request lastBeat = lastBeats.get(frozen.indexOf(holder));
            assertThat(atNanos(grant)).isGreaterThan(lastBeat.atNanos() + TTL + GRACE);
            assertThat(grant.path("epoch").asLong()).isGreaterThan(holder.epoch());
          }
          assertThat(takenOverMsAfter(cluster, expiries)).hasSize(2).allMatch(ms -> ms >= 1000);

          long thawed = System.nanoTime();
          frozen.forEach(bot -> bot.process().thaw());
          eventually(
              () -> assertThat(frozen).allMatch(bot -> hasToldSince(bot, "standby", thawed)));
          for (Bot bot : frozen) {
            Request lastBeat = lastBeats.get(frozen.indexOf(bot));
            // Not one answer to an event after its deadline, though many lay in its socket.
            assertThat(bot.actsBetween(lastBeat.atNanos() + TTL, Long.MAX_VALUE)).isEmpty();
            // It closed first, and spoke to the tracker then.
            long closed = closedAt(bot, thawed);
            Request first = bot.tracker().since(thawed).getFirst();
            assertThat(first.atNanos()).as("%s: %s", bot.name(), first).isGreaterThan(closed);
            assertThat(first.body()).doesNotContain("\"state\":\"ready\"");
            assertThat(lossOf(bot, thawed)).isEqualTo(expectedLoss(bot));
            theOldEpochIsWorthNothing(cluster, bot, lastBeat);
          }
          assertThat(Facts.of(cluster).placement())
              .allSatisfy((shard, held) -> assertThat(held).startsWith("heir "))
              .isNotEqualTo(before);

          heir.process().terminate();
          eventually(
              () -> assertThat(frozen).allMatch(bot -> hasToldSince(bot, "acquired", thawed)));
          eventually(() ->
              assertThat(frozen)
                  .allMatch(
                      bot -> !bot.actsBetween(atNanos(bot.grant()), Long.MAX_VALUE).isEmpty()));
        }
        discord.stopEvents();
        eventually(() -> assertThat(discord.tally().path("never")).isEmpty());
        assertThat(discord.report().path("doubles")).isEmpty();
        assertThat(discord.report().path("violations")).isEmpty();
      }
    }
  }

  @Test
  void holdersFrozenPastTheirLeaseButNotPastTheGraceGoOnWithTheSameEpochAndMissNoEvent() {
    try (var discord = new Discord(folder)) {
      String cluster = cluster(discord, 60_000);
      try (var js = Bot.of(discord, "discordjs", "bot-js", cluster, 1);
          var jda = Bot.of(discord, "jda", "bot-jda", cluster, 1)) {
        var frozen = List.of(js, jda);
        eventually(() -> assertThat(frozen).allMatch(bot -> bot.connected(1)));
        discord.startEvents(20);
        eventually(() -> assertThat(frozen).allMatch(bot -> bot.acts().size() >= 10));
        awaitSessions(cluster, 2);

        frozen.forEach(bot -> bot.process().freeze());
        var before = Facts.of(cluster).placement();
        var lastBeats = frozen.stream().map(Bot::lastHeartbeat).toList();
        Pauses.of(Duration.ofSeconds(9));
        long thawed = System.nanoTime();
        frozen.forEach(bot -> bot.process().thaw());
        eventually(() ->
            assertThat(frozen).allMatch(bot -> !bot.actsBetween(thawed, Long.MAX_VALUE).isEmpty()));

        for (Bot bot : frozen) {
          long deadline = lastBeats.get(frozen.indexOf(bot)).atNanos() + TTL;
          Request first = bot.tracker().since(thawed).getFirst();
          // Between its deadline and its asking again it did nothing.
          assertThat(bot.actsBetween(deadline, first.atNanos())).isEmpty();
          assertThat(first.atNanos()).isGreaterThan(closedAt(bot, thawed));
        }
        discord.stopEvents();
        eventually(() -> assertThat(discord.tally().path("never")).isEmpty());
        // @discordjs/ws goes on after its own last event, JDA after the last that it had reported;
        // what came while they were stopped is answered once by both.
        List<Integer> handled = jda.actsBetween(0, thawed).stream().map(Act::event).toList();
        assertThat(discord.tally().path("twice"))
            .allSatisfy(event -> assertThat(event.path("n").asInt()).isIn(handled));
        assertThat(Facts.of(cluster).placement()).isEqualTo(before);
        assertThat(discord.report().path("doubles")).isEmpty();
      }
    }
  }

  private static String cluster(Discord discord, int graceMs) {
    return Tracker.newCluster(
        2,
        "application_id",
        "\"" + discord.applicationId + "\"",
        "max_concurrency",
        "16",
        "takeover_grace_ms",
        Integer.toString(graceMs),
        "identify_use_within_ms",
        "2000");
  }

  private static void eventually(Runnable assertion) {
    Eventually.holds(LIMIT, assertion);
  }

  /** The tracker knows where an heir would go on. */
  private static void awaitSessions(String cluster, int count) {
    eventually(() ->
        assertThat(
                Facts.of(cluster)
                    .number(
                        "SELECT count(*) FROM tracker.shard_leases WHERE cluster_name = ? AND state = 'ready' AND session_id IS NOT NULL AND seq > 0"))
            .isEqualTo(count));
  }

  /** By shard, in milliseconds of the database's clock. */
  private static Map<Integer, Long> expiries(String cluster) {
    return byShard(
        cluster,
        "SELECT shard_id, (1000 * extract(epoch FROM expires_at))::bigint AS at FROM tracker.shard_leases WHERE cluster_name = ?");
  }

  private static List<Long> takenOverMsAfter(String cluster, Map<Integer, Long> expiries) {
    return byShard(
            cluster,
            "SELECT shard_id, (1000 * extract(epoch FROM at))::bigint AS at FROM tracker.shard_events WHERE cluster_name = ? AND kind = 'shard.taken_over'")
        .entrySet()
        .stream()
        .map(taken -> taken.getValue() - Objects.requireNonNull(expiries.get(taken.getKey())))
        .toList();
  }

  private static Map<Integer, Long> byShard(String cluster, String sql) {
    var found = new java.util.TreeMap<Integer, Long>();
    for (var row : Tracker.fleet().database().rows(sql, cluster)) {
      found.put(
          ((Number) Objects.requireNonNull(row.get("shard_id"))).intValue(),
          ((Number) Objects.requireNonNull(row.get("at"))).longValue());
    }
    return found;
  }

  private static Bot holderOf(List<Bot> bots, int shard) {
    return bots.stream().filter(bot -> bot.shard() == shard).findFirst().orElseThrow();
  }

  private static long atNanos(JsonNode told) {
    return Long.parseLong(told.path("at_ns").asText());
  }

  private static boolean hasToldSince(Bot bot, String event, long nanos) {
    return bot.process().told(event).stream().anyMatch(told -> atNanos(told) > nanos);
  }

  /** When it shut its own shard: one kind of bot calls it suspended, the other lost. */
  private static long closedAt(Bot bot, long thawed) {
    return closings(bot, thawed).mapToLong(PartitionE2E::atNanos).min().orElseThrow();
  }

  private static Stream<JsonNode> closings(Bot bot, long thawed) {
    var told = new ArrayList<JsonNode>(bot.process().told("suspended"));
    told.addAll(bot.process().told("lost"));
    return told.stream().filter(line -> atNanos(line) > thawed);
  }

  private static String lossOf(Bot bot, long thawed) {
    return closings(bot, thawed)
        .filter(line -> line.path("event").asText().equals("lost"))
        .map(line -> line.path("reason").asText())
        .findFirst()
        .orElse("nothing");
  }

  /**
   * @discordjs/ws asks by a heartbeat and is told; JDA gives up at its deadline and asks anew.
   */
  private static String expectedLoss(Bot bot) {
    return bot.name().equals("bot-js") ? "taken_over" : "deadline";
  }

  private static void theOldEpochIsWorthNothing(String cluster, Bot bot, Request lastBeat) {
    var service = Tracker.as("service");
    var beat = service.post(lastBeat.path().replaceFirst("^/api/v1", ""), lastBeat.body());
    assertThat(beat.status()).isEqualTo(409);
    assertThat(beat.code()).isEqualTo("lease_lost");
    assertThat(beat.body().path("reason").asText()).isEqualTo("taken_over");
    for (String call : List.of("fence-check", "identify-permits")) {
      var answer =
          service.post(
              "/clusters/%s/shards/%d/%s".formatted(cluster, bot.shard(), call),
              Map.of("epoch", bot.epoch()));
      assertThat(answer.status()).as(call).isEqualTo(409);
      assertThat(answer.code()).as(call).isEqualTo("stale_epoch");
    }
  }
}
