package dev.quintet.autoscaler.agent;

import dev.quintet.autoscaler.agent.pool.InstancePool;
import dev.quintet.autoscaler.agent.pool.Look;
import dev.quintet.autoscaler.agent.pool.Observation;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The agent's one thread: look at the pools, tell the manager, do what it wants, hand metrics in,
 * wait. One thread, so that nothing is decided on an observation that something else changes.
 */
final class AgentLoop {

  /** What {@code --once} and the process itself end with. */
  enum End {
    DONE(0),
    MANAGER_LOST(1),
    ENROLLMENT_REFUSED(2),
    KEY_REFUSED(3);

    final int status;

    End(int status) {
      this.status = status;
    }
  }

  private record Measured(String pool, String type, double value, String unit, long nanos) {}

  private static final Duration FIRST_INTERVAL = Duration.ofSeconds(60);
  private static final Duration REFUSED_INTERVAL = Duration.ofSeconds(60);
  private static final int MOST_MEASURED = 50_000;

  private final AgentSettings settings;
  private final ManagerApi manager;
  private final StateFile state;
  private final ConfigurationFile configuration;
  private final Outbox outbox;
  private final TargetKeeper keeper;
  private final Function<String, InstancePool> cloud;
  private final LongSupplier nanos;
  private final RandomGenerator random;
  private final Log log;
  private final String version;

  private final ServerClock serverClock = new ServerClock();
  private final Map<String, InstancePool> pools = new HashMap<>();
  private final Map<String, Look> looks = new LinkedHashMap<>();
  private final Deque<Measured> measured = new ArrayDeque<>();
  private final CountDownLatch stop = new CountDownLatch(1);

  private Optional<NodeKey> key;
  private Duration interval = FIRST_INTERVAL;
  private long nextBeat;
  private long nextBatch;
  private int lostBeats;
  private int lostBatches;
  private boolean firstBatchPartial;
  private boolean keyRefused;
  private long measurementsDropped;
  private @Nullable String configurationTrouble;
  private @Nullable String knownKeyEnd;

  AgentLoop(
      AgentSettings settings,
      ManagerApi manager,
      StateFile state,
      ConfigurationFile configuration,
      Outbox outbox,
      Function<String, InstancePool> cloud,
      LongSupplier nanos,
      RandomGenerator random,
      Log log,
      String version) {
    this.settings = settings;
    this.manager = manager;
    this.state = state;
    this.configuration = configuration;
    this.outbox = outbox;
    this.keeper = new TargetKeeper(state, settings::limitsOf, nanos, log);
    this.cloud = cloud;
    this.nanos = nanos;
    this.random = random;
    this.log = log;
    this.version = version;
    this.key = settings.key().or(this::storedKey);
    this.nextBeat = nanos.getAsLong();
    this.nextBatch = nextBeat;
  }

  private Optional<NodeKey> storedKey() {
    Integer id = state.state().nodeId();
    String secret = state.state().apiKey();
    return id == null || secret == null ? Optional.empty() : Optional.of(new NodeKey(id, secret));
  }

  /** Asks the loop to end after the call it is in. Any thread may. */
  void stop() {
    stop.countDown();
  }

  private boolean stopping() {
    return stop.getCount() == 0;
  }

  /** Runs until {@link #stop}; then says goodbye to the manager. */
  End run() throws InterruptedException {
    End enrolled = enrol(true);
    if (enrolled != End.DONE) {
      return enrolled;
    }
    while (!stopping()) {
      round();
      pause(Math.min(settings.observeEvery().toNanos(), nextBeat - nanos.getAsLong()));
    }
    goodbye();
    return End.DONE;
  }

  /** One look, one heartbeat, what it asks for, and its report. */
  End once() throws InterruptedException {
    End enrolled = enrol(false);
    if (enrolled != End.DONE) {
      return enrolled;
    }
    round();
    if (keyRefused) {
      return End.KEY_REFUSED;
    }
    if (lostBeats > 0) {
      return End.MANAGER_LOST;
    }
    if (!keeper.unreported().isEmpty()) {
      look();
      beat("active");
    }
    return lostBeats > 0 || outbox.size() > 0 ? End.MANAGER_LOST : End.DONE;
  }

  private void pause(long forNanos) throws InterruptedException {
    if (forNanos > 0 && stop.await(forNanos, TimeUnit.NANOSECONDS)) {
      log.info("stopping", "because", "asked to");
    }
  }

  private End enrol(boolean patiently) throws InterruptedException {
    for (int tries = 0; key.isEmpty() && !stopping(); tries++) {
      Optional<String> token = settings.enrollmentToken();
      if (token.isEmpty()) {
        log.error("no key", "do", "set ENROLLMENT_TOKEN, or NODE_ID and NODE_API_KEY");
        return End.ENROLLMENT_REFUSED;
      }
      // On the disk before it is sent: a lost answer must not cost a second node.
      state.change(all ->
          all.enrolling() != null
              ? all
              : new StateFile.State(null, null, UUID.randomUUID().toString(), all.pools()));
      var node = new Wire.Registration(settings.nodeName(), settings.region(), "agent " + version);
      String request = "" + state.state().enrolling();
      switch (manager.register(token.get(), request, node)) {
        case Answer.Given<Wire.Registered> given -> {
          Wire.Registered registered = given.body();
          String secret = registered.apiKey();
          if (secret == null) {
            log.error(
                "enrolled",
                "node",
                registered.nodeId(),
                "because",
                "its key was shown to an earlier call whose answer was lost",
                "do",
                "rotate the key of node "
                    + registered.nodeId()
                    + ", then set NODE_ID, NODE_API_KEY");
            return End.ENROLLMENT_REFUSED;
          }
          state.change(all -> new StateFile.State(registered.nodeId(), secret, null, Map.of()));
          key = storedKey();
          log.info("enrolled", "node", registered.nodeId(), "name", settings.nodeName());
        }
        case Answer.Refused<Wire.Registered> refused -> {
          log.error(
              "not enrolled",
              "because",
              refused,
              "do",
              "ask for a new token: POST enrollment-tokens");
          return End.ENROLLMENT_REFUSED;
        }
        case Answer.Later<Wire.Registered> later -> {
          log.warn("not enrolled", "because", later.reason());
          if (!patiently) {
            return End.MANAGER_LOST;
          }
          pause(backoff(tries, later.waitAtLeast()).toNanos());
        }
      }
    }
    return End.DONE;
  }

  private void round() throws InterruptedException {
    look();
    if (!stopping() && nanos.getAsLong() - nextBeat >= 0) {
      beat("active");
    }
    for (PoolSpec spec : configuration.pools()) {
      if (!stopping() && !keyRefused && looks.get(spec.id()) instanceof Look.Seen seen) {
        work(spec, seen.pool());
      }
    }
    handMetricsIn();
  }

  private void work(PoolSpec spec, Observation seen) {
    if (keeper.work(spec, poolOf(spec), seen)) {
      // The manager shall know soon; a second keeps us far from its rate limit.
      nextBeat = Math.min(nextBeat, nanos.getAsLong() + Duration.ofSeconds(1).toNanos());
    }
  }

  private InstancePool poolOf(PoolSpec spec) {
    return pools.computeIfAbsent(spec.id(), cloud);
  }

  private void look() {
    Set<String> known =
        configuration.pools().stream().map(PoolSpec::id).collect(Collectors.toSet());
    looks.keySet().retainAll(known);
    for (PoolSpec spec : configuration.pools()) {
      if (stopping()) {
        return;
      }
      Look look = poolOf(spec).look();
      Look before = looks.put(spec.id(), look);
      switch (look) {
        case Look.Seen seen -> measure(spec, seen.pool());
        case Look.Unseen unseen -> {
          if (!unseen.equals(before)) {
            log.warn("not seen", "pool", spec.name(), "because", unseen.reason());
          }
        }
      }
    }
  }

  private void measure(PoolSpec spec, Observation pool) {
    long now = nanos.getAsLong();
    measured.add(new Measured(spec.id(), "current_instances", pool.size(), "count", now));
    measured.add(new Measured(spec.id(), "active_instances", pool.ready(), "count", now));
    pool.load()
        .ifPresent(load -> {
          measured.add(new Measured(spec.id(), "cpu", load.cpu(), "percent", now));
          measured.add(new Measured(spec.id(), "memory", load.memory(), "percent", now));
        });
    while (measured.size() > MOST_MEASURED) {
      measured.remove();
      measurementsDropped++;
    }
  }

  private void beat(String status) {
    if (key.isEmpty()) {
      return;
    }
    List<Wire.Applied> outcomes = keeper.unreported();
    switch (manager.heartbeat(key.get(), heartbeat(status, outcomes))) {
      case Answer.Given<Wire.HeartbeatReply> given -> heard(given, outcomes);
      case Answer.Refused<Wire.HeartbeatReply> refused -> refused(refused);
      case Answer.Later<Wire.HeartbeatReply> later -> {
        if (lostBeats == 0) {
          log.warn("no manager", "because", later.reason(), "so", "every pool keeps its size");
        }
        lostBeats++;
        nextBeat = nanos.getAsLong() + backoff(lostBeats, later.waitAtLeast()).toNanos();
      }
    }
  }

  private Wire.Heartbeat heartbeat(String status, List<Wire.Applied> outcomes) {
    List<Wire.PoolReport> reports = new ArrayList<>();
    List<String> troubles = new ArrayList<>();
    if (configurationTrouble != null) {
      troubles.add(configurationTrouble);
    }
    for (PoolSpec spec : configuration.pools()) {
      switch (looks.get(spec.id())) {
        case Look.Seen(Observation pool) when pool.load().isPresent() ->
            reports.add(report(spec, pool, pool.load().get()));
        case Look.Seen seen -> troubles.add(spec.name() + ": no recent measurement");
        case Look.Unseen unseen -> troubles.add(spec.name() + ": " + unseen.reason());
        case null -> troubles.add(spec.name() + ": not looked at yet");
      }
    }
    Map<String, Object> own = new LinkedHashMap<>();
    own.put("agent_version", version);
    own.put("driver", settings.driver());
    own.put("outbox_batches", outbox.size());
    own.put("dropped_batches", outbox.dropped());
    own.put("dropped_measurements", measurementsDropped);
    String trouble = String.join("; ", troubles);
    return new Wire.Heartbeat(
        troubles.isEmpty() || status.equals("paused") ? status : "degraded",
        configuration.hash().orElse(null),
        troubles.isEmpty() ? null : trouble.substring(0, Math.min(trouble.length(), 1000)),
        own,
        reports,
        outcomes);
  }

  private static Wire.PoolReport report(PoolSpec spec, Observation pool, Observation.Load load) {
    return new Wire.PoolReport(
        spec.id(),
        pool.size(),
        // A shrinking pool may still have more running than it is meant to have.
        Math.min(pool.ready(), pool.size()),
        load.cpu(),
        load.memory(),
        load.maxCpu(),
        load.maxMemory(),
        pool.settled() ? "healthy" : "warning",
        true);
  }

  private void heard(Answer.Given<Wire.HeartbeatReply> given, List<Wire.Applied> outcomes) {
    Wire.HeartbeatReply reply = given.body();
    if (lostBeats > 0) {
      log.info("manager back", "after", lostBeats + " lost heartbeats");
      lostBeats = 0;
    }
    if (keyRefused) {
      keyRefused = false;
      log.info("key accepted");
    }
    keeper.reported(outcomes);
    serverClock.set(reply.at(), given.sentNanos());
    interval = Duration.ofSeconds(Math.max(1, reply.nextHeartbeatSeconds()));
    Duration wait =
        settings.beatAtLeastEvery().filter(own -> own.compareTo(interval) < 0).orElse(interval);
    nextBeat = given.sentNanos() + wait.toNanos();
    for (Wire.ItemError error : reply.itemErrors()) {
      log.warn(
          "not taken",
          "pool",
          error.oraclePoolId(),
          "code",
          error.code(),
          "because",
          error.detail());
    }
    String keyEnd = reply.keyExpiresAt();
    if (keyEnd != null && !keyEnd.equals(knownKeyEnd)) {
      log.warn("key ends", "at", keyEnd, "do", "restart with the new NODE_API_KEY before that");
    }
    knownKeyEnd = keyEnd;
    if (reply.configUpdateNeeded()) {
      fetchConfiguration();
    }
    Set<String> own = configuration.pools().stream().map(PoolSpec::id).collect(Collectors.toSet());
    keeper.offer(reply.targets(), reply.at(), given.sentNanos(), own);
    for (PoolSpec spec : configuration.pools()) {
      if (looks.get(spec.id()) instanceof Look.Seen(Observation pool)) {
        tell(spec, pool);
      }
    }
  }

  private void tell(PoolSpec spec, Observation pool) {
    Optional<Observation.Load> load = pool.load();
    log.info(
        "pool",
        "pool",
        spec.name(),
        "ready",
        pool.ready() + "/" + pool.size(),
        "cpu",
        load.map(l -> bar(l.cpu()) + String.format(Locale.ROOT, "%.0f%%", l.cpu()))
            .orElse("unknown"),
        "target",
        keeper.outstanding(spec.id()));
  }

  private static String bar(double percent) {
    int full = (int) Math.round(percent / 10);
    return "▮".repeat(full) + "▯".repeat(10 - full);
  }

  private void refused(Answer.Refused<Wire.HeartbeatReply> refused) {
    keeper.withdrawAll();
    if (!refused.keyRefused()) {
      log.error("heartbeat refused", "because", refused, "so", "every pool keeps its size");
      nextBeat = nanos.getAsLong() + interval.toNanos();
      return;
    }
    if (!keyRefused) {
      String node = key.map(k -> String.valueOf(k.id())).orElse("?");
      log.error(
          "key refused",
          "because",
          refused,
          "so",
          "the agent has stopped acting, every pool keeps its size",
          "do",
          "POST /api/v1/nodes/" + node + "/api-key/rotate, set NODE_ID and NODE_API_KEY, restart");
    }
    keyRefused = true;
    nextBeat = nanos.getAsLong() + backoff(6, REFUSED_INTERVAL).toNanos();
  }

  private void fetchConfiguration() {
    if (key.isEmpty()) {
      return;
    }
    String trouble = null;
    switch (manager.configuration(key.get())) {
      case Answer.Given<Wire.Configuration> given -> {
        try {
          configuration.accept(given.body());
          log.info(
              "config",
              "hash",
              given.body().configHash().substring(0, 12),
              "pools",
              configuration.pools().size());
        } catch (YamlText.Wrong | IOException e) {
          trouble = "configuration not taken: " + e.getMessage();
        }
      }
      case Answer.Refused<Wire.Configuration> refused -> trouble = "configuration: " + refused;
      case Answer.Later<Wire.Configuration> later -> trouble = "configuration: " + later.reason();
    }
    if (trouble != null && !trouble.equals(configurationTrouble)) {
      log.warn("config", "because", trouble, "so", "the last good one stays");
    }
    configurationTrouble = trouble;
  }

  private void handMetricsIn() {
    try {
      seal();
      while (!stopping() && key.isPresent() && nanos.getAsLong() - nextBatch >= 0) {
        var file = outbox.first();
        if (file.isEmpty() || !handIn(key.get(), Files.readAllBytes(file.get()))) {
          return;
        }
      }
    } catch (IOException e) {
      log.error("outbox", "because", e);
    }
  }

  /** Samples wait for the manager's clock: it refuses those of a clock that is wrong. */
  private void seal() throws IOException {
    List<Wire.Sample> samples = new ArrayList<>();
    for (Measured one : measured) {
      Optional<Instant> at = serverClock.at(one.nanos());
      if (at.isEmpty()) {
        return;
      }
      samples.add(
          new Wire.Sample(one.pool(), one.type(), one.value(), one.unit(), at.get().toString()));
    }
    outbox.seal(samples);
    measured.clear();
  }

  /** Returns whether the next batch may follow at once. */
  private boolean handIn(NodeKey node, byte[] batch) throws IOException {
    switch (manager.metrics(node, batch, firstBatchPartial)) {
      case Answer.Given<Wire.BatchReply> given -> {
        if (given.body().rejected() > 0) {
          log.warn("samples", "rejected", given.body().rejected());
        }
        outbox.remove();
        firstBatchPartial = false;
        lostBatches = 0;
        return true;
      }
      case Answer.Refused<Wire.BatchReply> refused -> {
        // 403 may be one sample's pool, 422 one sample's value: the good ones are still wanted.
        boolean samplesFault = Set.of(403, 413, 422).contains(refused.status());
        if (samplesFault && !refused.code().equals("node_mismatch") && !firstBatchPartial) {
          firstBatchPartial = true;
          return true;
        }
        if (Set.of(413, 422).contains(refused.status())) {
          log.error(
              "dropped", "batch", outbox.first().orElseThrow().getFileName(), "because", refused);
          outbox.refusedForGood();
          firstBatchPartial = false;
          return true;
        }
        return retryBatch(REFUSED_INTERVAL);
      }
      case Answer.Later<Wire.BatchReply> later -> {
        return retryBatch(later.waitAtLeast());
      }
    }
  }

  private boolean retryBatch(Duration atLeast) {
    lostBatches++;
    nextBatch = nanos.getAsLong() + backoff(lostBatches, atLeast).toNanos();
    return false;
  }

  /**
   * Doubles from a second to a minute, half of it by chance, so that a fleet does not return as
   * one.
   */
  private Duration backoff(int tries, Duration atLeast) {
    long most = Math.min(interval.toMillis(), 1000L << Math.min(tries, 6));
    long chosen = most / 2 + random.nextLong(most / 2 + 1);
    return Duration.ofMillis(Math.max(chosen, atLeast.toMillis()));
  }

  private void goodbye() {
    keeper.withdrawAll();
    if (!keyRefused) {
      beat("paused");
    }
    try {
      seal();
    } catch (IOException e) {
      log.error("outbox", "because", e);
    }
    log.info("stopped", "outbox", outbox.size());
  }
}
