package dev.quintet.tracker.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Pods that follow the rules beat without a pause while the cutover goes on, and numbered guild
 * events reach both layouts, as Discord sends them. No event may be acted on twice, none may be
 * lost, and never do both layouts act.
 */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class ReshardRaceIT {
  private static final int OLD_TOTAL = 8;
  private static final int NEW_TOTAL = 16;
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  Database database;
  Tokens tokens;

  private Fleet fleet;
  private final List<Bot> bots = new CopyOnWriteArrayList<>();
  private final Map<Long, List<String>> handledBy = new HashMap<>();
  private final List<String> broken = new CopyOnWriteArrayList<>();
  private final Random guilds = new Random(42);
  private final Object stream = new Object();
  private long lastEvent = 1_000_000_000_000L;
  private volatile boolean over;

  private record Event(long id, int guild) {}

  private enum Mode {
    ACTING,
    /** Keeps what comes, acts on nothing: paused, or of the layout that does not serve yet. */
    BUFFERING,
    STOPPED
  }

  /** One process. What it does with events and with replies is what the documents ask of a pod. */
  private final class Bot {
    private final Object beating = new Object();
    final Pod pod;
    final int total;
    final Map<Integer, Long> lastHandled = new HashMap<>();
    final List<Event> buffer = new ArrayList<>();
    boolean deaf;
    Mode mode;

    Bot(Pod pod, int total, Mode mode) {
      this.pod = pod;
      this.total = total;
      this.mode = mode;
    }

    synchronized void receive(Event event) {
      if (!pod.held.containsKey(event.guild() % total)) {
        return;
      }
      switch (mode) {
        case ACTING -> act(event);
        case BUFFERING -> buffer.add(event);
        case STOPPED -> {}
      }
    }

    private void act(Event event) {
      lastHandled.put(event.guild() % total, event.id());
      handledBy.computeIfAbsent(event.id(), id -> new ArrayList<>()).add(pod.name);
      for (Bot other : bots) {
        if (other.total != total && other.mode == Mode.ACTING) {
          broken.add(pod.name + " and " + other.pod.name + " act at one time");
        }
      }
    }

    /** One heartbeat, and what its reply asks. */
    void beat() {
      synchronized (beating) {
        beatOnce();
      }
    }

    /**
     * Stops for good: a heartbeat that is on its way now has come back, so it cannot renew later.
     */
    void dead() {
      stop();
      synchronized (beating) {
        mode = Mode.STOPPED;
      }
    }

    private void beatOnce() {
      Map<Integer, Long> last;
      String state;
      synchronized (this) {
        if (mode == Mode.STOPPED) {
          return;
        }
        state = mode == Mode.BUFFERING && total == OLD_TOTAL ? "paused" : "ready";
        last = Map.copyOf(lastHandled);
      }
      var answer = pod.report(state, last);
      if (answer.statusCode() == 409 || answer.statusCode() == 404) {
        stop();
        return;
      }
      answer.then().statusCode(200);
      var reply = answer.jsonPath();
      List<String> types = reply.getList("directives.type");
      if (types.contains("drain")) {
        stop();
        pod.releases(List.copyOf(pod.held.keySet()));
        return;
      }
      // The stream is held still, as acting on what was buffered must not overtake what comes.
      synchronized (stream) {
        synchronized (this) {
          if (mode == Mode.STOPPED || deaf) {
            return;
          }
          if (types.contains("pause")) {
            mode = Mode.BUFFERING;
          } else if (types.contains("serve") && mode == Mode.BUFFERING) {
            mode = Mode.ACTING;
            Map<String, String> from =
                reply.getMap("directives.find { it.type == 'serve' }.last_event_ids");
            buffer.stream()
                .filter(event ->
                    event.id()
                        > Long.parseLong(
                            from.getOrDefault(Integer.toString(event.guild() % OLD_TOTAL), "0")))
                .forEach(this::act);
            buffer.clear();
          } else if (total == OLD_TOTAL && mode == Mode.BUFFERING && reply.getBoolean("serving")) {
            mode = Mode.ACTING;
            buffer.forEach(this::act);
            buffer.clear();
          }
        }
      }
    }

    void stop() {
      synchronized (stream) {
        synchronized (this) {
          mode = Mode.STOPPED;
        }
      }
    }

    void run() {
      while (!over && mode != Mode.STOPPED) {
        beat();
        emit();
      }
    }
  }

  private void emit() {
    synchronized (stream) {
      var event = new Event(++lastEvent, guilds.nextInt(64));
      bots.forEach(bot -> bot.receive(event));
    }
  }

  private Bot bot(String name, boolean next) {
    var pod = fleet.pod(name);
    if (next) {
      pod.with("generation", "next");
    }
    pod.holds(2).ready();
    var bot = new Bot(pod, next ? NEW_TOTAL : OLD_TOTAL, next ? Mode.BUFFERING : Mode.ACTING);
    bots.add(bot);
    return bot;
  }

  private void await(String what, java.util.function.BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      fleet.tick();
      emit();
    }
  }

  private String state(int id) {
    return fleet.get("/reshards/" + id).extract().path("state");
  }

  private int start() {
    fleet = new Fleet(database, tokens, OLD_TOTAL, Map.of());
    for (int i = 0; i < OLD_TOTAL / 2; i++) {
      bot("old-" + i, false);
    }
    int id =
        fleet
            .post(
                "devops",
                "/reshards",
                Map.of("target_total_shards", NEW_TOTAL, "pause_timeout_ms", 60_000))
            .statusCode(201)
            .extract()
            .path("id");
    for (int i = 0; i < NEW_TOTAL / 2; i++) {
      bot("new-" + i, true);
    }
    return id;
  }

  private void running(Runnable body) throws InterruptedException {
    // Platform threads: REST Assured reads JSON paths by Groovy, whose locks and class initialisers
    // together can pin every carrier of virtual threads for ever.
    try (var threads = Executors.newCachedThreadPool()) {
      var all = new ArrayList<Future<?>>();
      try {
        bots.forEach(bot -> all.add(threads.submit(bot::run)));
        body.run();
      } finally {
        over = true;
      }
      for (Future<?> one : all) {
        try {
          one.get();
        } catch (ExecutionException e) {
          throw new AssertionError("a pod failed", e.getCause());
        }
      }
    }
  }

  private boolean newLayoutActs() {
    return bots.stream()
        .filter(bot -> bot.total == NEW_TOTAL)
        .allMatch(bot -> bot.mode == Mode.ACTING);
  }

  private void bookkeepingHolds() {
    assertThat(broken).isEmpty();
    assertThat(
            fleet.number(
                "SELECT count(*) FROM tracker.shard_leases l JOIN tracker.generations g USING (cluster_name, generation)"
                    + " WHERE l.cluster_name = ? AND l.shard_id >= g.total_shards",
                fleet.cluster))
        .isZero();
    assertThat(
            fleet.number(
                "SELECT count(*) FROM tracker.generations WHERE cluster_name = ? AND state = 'serving'",
                fleet.cluster))
        .isEqualTo(1);
    assertThat(fleet.events("reshard.cutover")).isEqualTo(1);
    assertThat(
            fleet.number(
                "SELECT max(cluster_seq) - count(*) FROM tracker.shard_events WHERE cluster_name = ?",
                fleet.cluster))
        .as("events without gaps")
        .isZero();
    assertThat(
            fleet.number(
                "SELECT count(*) FROM tracker.cluster_management m WHERE m.cluster_name = ? AND m.status = 'active'"
                    + " AND NOT EXISTS (SELECT FROM tracker.shard_leases l JOIN tracker.clusters c USING (cluster_name, generation)"
                    + " WHERE l.cluster_name = m.cluster_name AND l.instance_id = m.instance_id AND l.shard_id = m.shard_id"
                    + " AND c.total_shards = m.total_shards)",
                fleet.cluster))
        .as("rows of the seed's table that no lease stands behind")
        .isZero();
  }

  @Test
  void everyEventIsHandledExactlyOnceOverAFailedAndAGoodCutover() throws InterruptedException {
    int id = start();
    long first = lastEvent + 1;
    running(() -> {
      await("the new layout is ready", () -> state(id).equals("ready"));
      bots.getFirst().deaf = true;
      fleet.post("devops", "/reshards/" + id + "/cutover", null).statusCode(202);
      await(
          "all but one have paused",
          () ->
              fleet.get("/reshards/" + id).extract().<List<Integer>>path("not_paused").size() == 2);
      fleet.plansAge(61);
      await(
          "the old layout goes on",
          () ->
              state(id).equals("ready")
                  && bots.stream()
                      .filter(bot -> bot.total == OLD_TOTAL)
                      .allMatch(bot -> bot.mode == Mode.ACTING));
      bots.getFirst().deaf = false;

      fleet.post("devops", "/reshards/" + id + "/cutover", null).statusCode(202);
      await("the new layout acts", this::newLayoutActs);
      await("the old layout is gone", () -> state(id).equals("done"));
    });

    for (long event = first; event <= lastEvent; event++) {
      assertThat(handledBy.get(event))
          .as("event %d of %d to %d", event, first, lastEvent)
          .hasSize(1);
    }
    bookkeepingHolds();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3})
  void killsWhilePausingNeverMakeBothLayoutsAct(long seed) throws InterruptedException {
    int id = start();
    var random = new Random(seed);
    running(() -> {
      await("the new layout is ready", () -> state(id).equals("ready"));
      fleet.post("devops", "/reshards/" + id + "/cutover", null).statusCode(202);
      var victim = bots.get(random.nextInt(OLD_TOTAL / 2));
      if (random.nextBoolean()) {
        await(
            "some have paused",
            () ->
                !state(id).equals("pausing")
                    || bots.stream()
                        .anyMatch(bot -> bot.mode == Mode.BUFFERING && bot.total == OLD_TOTAL));
      }
      victim.dead();
      fleet.dies(victim.pod.name);
      var heir = fleet.pod("heir");
      var answer = heir.ask(2, false);
      if (answer.statusCode() == 201 && answer.jsonPath().getInt("total_shards") == OLD_TOTAL) {
        var directed = answer.jsonPath().getList("directives.type").contains("pause");
        var bot = new Bot(heir, OLD_TOTAL, directed ? Mode.BUFFERING : Mode.ACTING);
        bots.add(bot);
        await(
            "the heir is done with",
            () -> {
              bot.beat();
              return bot.mode == Mode.STOPPED || newLayoutActs();
            });
      }
      await("the new layout acts", this::newLayoutActs);
    });

    bookkeepingHolds();
  }
}
