package dev.quintet.tracker.jda;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import net.dv8tion.jda.api.JDA;
import net.dv8tion.jda.api.exceptions.ParsingException;
import net.dv8tion.jda.api.hooks.IEventManager;
import net.dv8tion.jda.api.hooks.InterfacedEventManager;
import net.dv8tion.jda.api.requests.RestConfig;
import net.dv8tion.jda.api.sharding.DefaultShardManagerBuilder;
import net.dv8tion.jda.api.sharding.ShardManager;
import net.dv8tion.jda.api.utils.data.DataArray;
import net.dv8tion.jda.api.utils.data.DataObject;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A JDA bot whose shards are leased from tracker-service.
 *
 * <p>It runs exactly the shards it holds a lease for, renews them all in one request, and stops
 * each one by itself when its lease may have run out. A shard leaves with its session: the
 * connection is closed with 4000 and the number of the last handled event is handed to the next
 * holder.
 *
 * <p>With {@link TrackerSettings#adoptSessions()} it also takes such sessions over, by RESUME. JDA
 * then starts the shard with empty caches, since Discord sends the guilds to an IDENTIFY only: fit
 * for bots that live on interactions or raw events. Without it (the default) every granted shard
 * identifies, under a permit.
 */
public final class TrackedShards implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(TrackedShards.class);

  private static final Duration CALL_LIMIT = Duration.ofSeconds(10);
  private static final int LONG_POLL_S = 10;
  private static final long FIRST_BACKOFF_MS = 250;
  private static final long MAX_BACKOFF_MS = 10_000;
  private static final int PERMIT_MAX_WAIT_MS = 30_000;

  /** Token, shard or intents are wrong: trying again would be wrong as well. */
  private static final Set<Integer> DISCORD_REFUSES = Set.of(4004, 4010, 4011, 4012, 4013, 4014);

  /** Of the two seconds that a clean stop may take. */
  private static final Duration LISTENERS_LIMIT = Duration.ofMillis(700);

  private static final Duration RELEASE_LIMIT = Duration.ofMillis(800);

  private enum ShardState {
    CONNECTING,
    READY
  }

  /** A shard that this process runs. */
  private static final class Held {
    final ShardLine line;
    final ShardHost host;
    volatile Lease lease;
    volatile ShardState state = ShardState.CONNECTING;
    int attempts;

    Held(ShardLine line, ShardHost host, Lease lease) {
      this.line = line;
      this.host = host;
      this.lease = lease;
    }
  }

  private final TrackerSettings settings;
  private final Supplier<DefaultShardManagerBuilder> bot;
  private final IntFunction<? extends IEventManager> listeners;
  private final ShardListener watch;
  private final String incarnation = UUID.randomUUID().toString();
  private final Executor virtual = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient http;
  private final TrackerApi api;
  private final GatewayRelay relay;
  private final ScheduledExecutorService deadlines =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("quintet-deadlines").factory());

  private final Semaphore beatNow = new Semaphore(0);
  private final Semaphore seatsNow = new Semaphore(0);
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final CountDownLatch registered = new CountDownLatch(1);
  private final List<Thread> loops = new ArrayList<>();

  /** Guards the three fields below. */
  private final ReentrantLock placement = new ReentrantLock();

  private final Map<Integer, Held> held = new TreeMap<>();

  /**
   * JDA knows shards by number only: a shard that comes back waits for the end of the one before.
   */
  private final Map<Integer, CompletableFuture<Void>> endings = new HashMap<>();

  private volatile @Nullable ShardHost host;
  private volatile boolean serving = true;
  private volatile boolean paused;

  /** Which pause the heartbeats answer; 0: the tracker gave it no number. */
  private volatile long pauseId;

  private volatile boolean inLine;
  private volatile int extra;
  private volatile String layout;
  private volatile TrackerSettings.Fencing clusterFencing = TrackerSettings.Fencing.STRICT;
  private volatile boolean toldToServe;
  private volatile boolean confirm;
  private volatile long heartbeatIntervalMs = 15_000;
  private volatile long assignmentVersion;

  private TrackedShards(Builder builder) throws IOException {
    this.settings = builder.settings;
    this.bot = builder.bot;
    this.listeners = builder.listeners;
    this.watch = builder.watch;
    this.layout = settings.generation();
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .executor(virtual)
            .build();
    this.api = new TrackerApi(http, settings);
    String gateway = settings.gatewayUrl();
    this.relay =
        new GatewayRelay(
            gateway == null ? "wss://gateway.discord.gg" : gateway,
            settings.compress(),
            settings.adoptSessions(),
            new Lines());
  }

  /**
   * A bot that is not started yet.
   *
   * @param token the bot's token, for what the tracker should know about it
   * @param bot a fresh builder each time: one is needed for every generation. Shards, session
   *     controller, event manager, encoding and compression are set over it
   */
  public static Builder builder(
      TrackerSettings settings, String token, Supplier<DefaultShardManagerBuilder> bot) {
    return new Builder(settings, token, bot);
  }

  /** Asks for shards in the background; the process lives until {@link #close}. */
  private void start(String token) {
    relay.start();
    loop(Thread.ofVirtual().name("quintet-seats"), () -> seats(token));
    loop(Thread.ofVirtual().name("quintet-stream"), this::stream);
    // The one thread that keeps a process without shards alive.
    loop(Thread.ofPlatform().name("quintet-heartbeat"), this::beats);
  }

  private void loop(Thread.Builder named, Loop work) {
    loops.add(
        named.start(() -> {
          try {
            work.run();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        }));
  }

  private interface Loop {
    void run() throws InterruptedException;
  }

  /** JDA's manager of the shards that are held now; empty before the first grant. */
  public Optional<ShardManager> shardManager() {
    return Optional.ofNullable(host).map(ShardHost::manager);
  }

  /** Made once for this process; the tracker knows it by this. */
  public String incarnation() {
    return incarnation;
  }

  /** False if it still runs after that time. */
  public boolean awaitStopped(Duration limit) throws InterruptedException {
    return stopped.await(limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  // ---- seats: acquiring, standing by

  private void seats(String token) throws InterruptedException {
    var backoff = new Backoff();
    askDiscord(token);
    while (!stopping.get()) {
      if (heldCount() >= wanted() && !confirm) {
        seatsNow.acquire();
        seatsNow.drainPermits();
        continue;
      }
      try {
        confirm = false;
        TrackerApi.Reply reply = api.acquire(acquisition(), CALL_LIMIT);
        if (stopping.get()) {
          return;
        }
        switch (reply.status()) {
          case 200, 201 -> {
            backoff.reset();
            granted(reply);
            if (wanted() > heldCount()) {
              awaitChange();
            }
          }
          case 202 -> {
            backoff.reset();
            standingBy(reply);
            awaitChange();
          }
          default -> {
            LOG.info(
                "event=no_shard cluster={} reason=\"{}\"", settings.cluster(), reply.problem());
            extra = 0;
            pause(Math.max(backoff.next(), Math.min(reply.retryAfterMs(), 60_000)));
          }
        }
      } catch (IOException | ParsingException e) {
        LOG.warn("event=tracker_not_reached reason=\"{}\"", e.toString());
        pause(backoff.next());
      }
    }
  }

  private int wanted() {
    return Math.min(settings.maxShards(), settings.want() + extra);
  }

  private DataObject acquisition() {
    TrackerSettings.Pod pod = settings.pod();
    DataObject body =
        DataObject.empty()
            .put("instance_id", settings.instanceId())
            .put("incarnation", incarnation)
            .put("want", wanted())
            .put("min", 1)
            .put("max_shards", settings.maxShards())
            .put("generation", layout)
            .put("standby", settings.standby());
    putIfKnown(body, "pod_uid", settings.podUid());
    putIfKnown(body, "hostname", pod.hostname());
    putIfKnown(body, "pod_ip", pod.podIp());
    putIfKnown(body, "node_name", pod.nodeName());
    putIfKnown(body, "namespace", pod.namespace());
    putIfKnown(body, "zone", pod.zone());
    putIfKnown(body, "bot_version", pod.botVersion());
    putIfKnown(body, "deployment_version", pod.deploymentVersion());
    return body;
  }

  private static void putIfKnown(DataObject body, String name, @Nullable String value) {
    if (value != null) {
      body.put(name, value);
    }
  }

  private void standingBy(TrackerApi.Reply reply) {
    assignmentVersion = reply.body().getLong("assignment_version", assignmentVersion);
    if (!inLine) {
      inLine = true;
      int position = reply.body().getInt("position", 0);
      LOG.info("event=standby cluster={} position={}", settings.cluster(), position);
      watch.standby(position);
    }
    nowRegistered();
  }

  private void nowRegistered() {
    if (registered.getCount() > 0) {
      registered.countDown();
      beatNow.release();
    }
  }

  /** Until the tracker has something new for us, or ten seconds. */
  private void awaitChange() throws InterruptedException {
    try {
      long asked = System.nanoTime();
      TrackerApi.Reply reply = api.awaitAssignments(incarnation, LONG_POLL_S, assignmentVersion);
      // The answer may be up to the whole wait old: no deadline can be counted from it. What it
      // tells is that asking again is worth while.
      if (reply.ok()) {
        assignmentVersion = reply.body().getLong("assignment_version", assignmentVersion);
      }
      boolean answeredAtOnce = System.nanoTime() - asked < TimeUnit.MILLISECONDS.toNanos(100);
      if (reply.status() != 304 && (answeredAtOnce || !reply.ok())) {
        pause(FIRST_BACKOFF_MS);
      }
    } catch (IOException e) {
      LOG.debug("event=long_poll_failed", e);
      pause(FIRST_BACKOFF_MS * 4);
    }
  }

  /** Ends early when the seats are to be looked at again. */
  private void pause(long ms) throws InterruptedException {
    if (seatsNow.tryAcquire(ms, TimeUnit.MILLISECONDS)) {
      seatsNow.drainPermits();
    }
  }

  private void granted(TrackerApi.Reply reply) {
    DataObject body = reply.body();
    inLine = false;
    assignmentVersion = body.getLong("assignment_version", assignmentVersion);
    heartbeatIntervalMs = body.getLong("heartbeat_interval_ms", heartbeatIntervalMs);
    clusterFencing =
        body.getString("fencing_mode", "strict").equals("available")
            ? TrackerSettings.Fencing.AVAILABLE
            : TrackerSettings.Fencing.STRICT;
    long validForMs = body.getLong("valid_for_ms");
    int generation = body.getInt("generation");
    DataArray shards = body.getArray("shards");
    placement.lock();
    try {
      if (stopping.get()) {
        return;
      }
      ShardHost home = hostFor(generation, body.getInt("total_shards"));
      if (held.isEmpty()) {
        serving = body.getBoolean("serving", true);
        toldToServe = serving;
        paused = false;
      }
      for (int i = 0; i < shards.length(); i++) {
        DataObject shard = shards.getObject(i);
        Lease lease =
            Lease.granted(
                shard.getInt("shard_id"), shard.getLong("epoch"), reply.sentNanos(), validForMs);
        Held known = held.get(lease.shardId());
        if (known != null && known.lease.epoch() == lease.epoch()) {
          renewed(known, reply.sentNanos(), validForMs);
        } else if (!lease.over(System.nanoTime())) {
          if (known != null) {
            cut(known, "regranted");
          }
          run(home, lease, ResumeState.from(shard));
        }
      }
    } finally {
      placement.unlock();
    }
    nowRegistered();
  }

  private ShardHost hostFor(int generation, int totalShards) {
    ShardHost known = host;
    if (known != null && known.generation() == generation && known.totalShards() == totalShards) {
      return known;
    }
    if (known != null) {
      List.copyOf(held.values()).forEach(shard -> cut(shard, "generation ended"));
      virtual.execute(known::shutdown);
    }
    ShardHost next =
        new ShardHost(
            generation,
            totalShards,
            relay.url(generation),
            bot,
            listeners,
            () -> serving && !paused ? EventGate.Mode.OPEN : EventGate.Mode.HOLDING,
            shardId -> {
              Held shard = heldNow(shardId);
              return shard != null
                  && shard.line.generation() == generation
                  && mayAct(shard, System.nanoTime());
            });
    host = next;
    return next;
  }

  private void run(ShardHost home, Lease lease, @Nullable ResumeState resume) {
    int shardId = lease.shardId();
    var line =
        new ShardLine(
            home.generation(), shardId, lease.epoch(), resume, () -> home.handledSeq(shardId));
    var shard = new Held(line, home, lease);
    held.put(shardId, shard);
    relay.open(line);
    watchDeadline(shard);
    LOG.info("event=acquired {} resumable={}", line, resume != null);
    watch.acquired(shardId, lease.epoch(), resume != null);
    var unused =
        endings
            .getOrDefault(shardId, CompletableFuture.completedFuture(null))
            .thenRunAsync(() -> startJda(shard), virtual);
  }

  private void startJda(Held shard) {
    if (heldNow(shard.line.shardId()) == shard) {
      shard.host.start(shard.line.shardId());
    }
  }

  // ---- heartbeats

  private void beats() throws InterruptedException {
    registered.await();
    var backoff = new Backoff();
    while (!stopping.get()) {
      boolean answered = beat();
      long wait;
      if (answered) {
        backoff.reset();
        wait = Math.round(heartbeatIntervalMs * ThreadLocalRandom.current().nextDouble(0.9, 1.1));
      } else {
        wait = Math.min(backoff.next(), Math.max(50, heartbeatIntervalMs / 3));
      }
      if (beatNow.tryAcquire(wait, TimeUnit.MILLISECONDS)) {
        beatNow.drainPermits();
      }
    }
  }

  /** False if it should be tried again soon. */
  private boolean beat() throws InterruptedException {
    // A process that was frozen first ends what ran out meanwhile, and only then speaks.
    expireOverdue();
    List<Held> listed = heldShards();
    if (listed.isEmpty() && !inLine) {
      return true;
    }
    try {
      TrackerApi.Reply reply =
          api.heartbeat(
              heartbeat(listed), Duration.ofMillis(Math.max(100, heartbeatIntervalMs / 3)));
      return heard(reply, listed);
    } catch (IOException e) {
      LOG.warn("event=heartbeat_failed reason=\"{}\"", e.toString());
      return false;
    } catch (ParsingException e) {
      LOG.warn("event=heartbeat_not_understood", e);
      return true;
    }
  }

  private DataObject heartbeat(List<Held> listed) {
    DataArray shards = DataArray.empty();
    for (Held shard : listed) {
      shards.add(report(shard));
    }
    Runtime runtime = Runtime.getRuntime();
    DataObject body =
        DataObject.empty()
            .put("incarnation", incarnation)
            .put("state", listed.isEmpty() ? "standby" : "ready")
            .put("shards", shards)
            .put(
                "memory_usage_mb",
                Math.round((runtime.totalMemory() - runtime.freeMemory()) / 10_485.76) / 100.0);
    long answered = pauseId;
    if (paused && answered != 0) {
      body.put("pause_id", answered);
    }
    if (ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        && system.getProcessCpuLoad() >= 0) {
      body.put("cpu_usage_percent", Math.round(system.getProcessCpuLoad() * 10_000) / 100.0);
    }
    return body;
  }

  private DataObject report(Held shard) {
    int shardId = shard.line.shardId();
    EventGate gate = shard.host.gate(shardId);
    boolean holding = paused && (gate == null || gate.mode() == EventGate.Mode.HOLDING);
    DataObject report =
        DataObject.empty()
            .put("shard_id", shardId)
            .put("epoch", shard.line.epoch())
            .put(
                "state",
                holding ? "paused" : shard.state.name().toLowerCase(java.util.Locale.ROOT));
    JDA jda = shard.host.shard(shardId);
    if (jda != null) {
      if (jda.getGatewayPing() >= 0) {
        report.put("latency_ms", jda.getGatewayPing());
      }
      // An adopted session brings no guilds, so JDA's count would be wrong.
      if (shard.state == ShardState.READY && !shard.line.adopted()) {
        report.put("guild_count", jda.getGuildCache().size());
      }
    }
    ResumeState session = shard.line.session() == null ? null : shard.line.resumeState();
    if (session != null) {
      session.putInto(report);
    }
    putLastEvent(shard, report);
    return report;
  }

  private static void putLastEvent(Held shard, DataObject entry) {
    EventGate gate = shard.host.gate(shard.line.shardId());
    if (gate != null && gate.lastEventId() > 0) {
      entry.put("last_event_id", Long.toUnsignedString(gate.lastEventId()));
    }
  }

  private boolean heard(TrackerApi.Reply reply, List<Held> listed) throws InterruptedException {
    DataObject body = reply.body();
    switch (reply.status()) {
      case 200 -> {}
      case 409 -> {
        // None renewed. Each shard's own outcome is in the body; without one, all are gone.
        if (body.getString("reason", "").equals("superseded")) {
          giveUp();
          return true;
        }
        if (body.isNull("shards")) {
          listed.forEach(shard -> lose(shard, body.getString("reason", reply.code())));
          return true;
        }
      }
      case 404 -> {
        LOG.warn("event=unknown_to_tracker reason=\"{}\"", reply.problem());
        if (!"unknown_instance".equals(reply.code())) {
          return false;
        }
        inLine = false;
        listed.forEach(shard -> lose(shard, reply.code()));
        seatsNow.release();
        return true;
      }
      default -> {
        LOG.warn("event=heartbeat_refused reason=\"{}\"", reply.problem());
        return reply.status() == 422;
      }
    }
    long validForMs = body.getLong("valid_for_ms", 0);
    body.optArray("shards").orElseGet(DataArray::empty).stream(DataArray::getObject)
        .forEach(outcome -> outcome(outcome, listed, reply.sentNanos(), validForMs));
    if (reply.status() == 409) {
      return true;
    }
    assignmentVersion = Math.max(assignmentVersion, body.getLong("assignment_version", 0));
    body.optArray("warnings")
        .filter(warnings -> warnings.length() > 0)
        .ifPresent(warnings -> LOG.info("event=heartbeat_warnings {}", warnings));
    if (body.optArray("unlisted").map(DataArray::length).orElse(0) > 0) {
      // Ours by the tracker's books, but not run here: closed at a deadline, or granted in a reply
      // that was lost. Asking again confirms them, with their epochs.
      confirm = true;
      seatsNow.release();
    }
    obey(body, listed);
    return true;
  }

  private void outcome(DataObject outcome, List<Held> listed, long sentNanos, long validForMs) {
    int shardId = outcome.getInt("shard_id");
    listed.stream()
        .filter(shard -> shard.line.shardId() == shardId)
        .forEach(shard -> {
          if (outcome.getString("outcome").equals("lost")) {
            lose(shard, outcome.getString("reason", "lost"));
          } else {
            renewed(shard, sentNanos, validForMs);
          }
        });
  }

  private void renewed(Held shard, long sentNanos, long validForMs) {
    shard.lease = shard.lease.renewed(sentNanos, validForMs);
    watchDeadline(shard);
  }

  private void obey(DataObject body, List<Held> listed) throws InterruptedException {
    int offers = body.optArray("offers").map(DataArray::length).orElse(0);
    extra = Math.max(0, heldCount() + offers - settings.want());
    if (offers > 0) {
      seatsNow.release();
    }
    Directives directives = Directives.of(body);
    if (!directives.drained().isEmpty()) {
      handOver(
          listed.stream()
              .filter(shard -> directives.drained().contains(shard.line.shardId()))
              .toList(),
          "drain");
      seatsNow.release();
    }
    if (directives.pause()) {
      pauseAll(listed, directives.pauseId());
      return;
    }
    boolean servingNow = body.getBoolean("serving", true);
    if (directives.serve() != null && !serving) {
      serve(listed, directives.serve());
    } else if (servingNow && paused) {
      // The cutover was called off.
      serve(listed, HandledBefore.nothing());
    } else if (servingNow && !serving) {
      // The directive comes with the cutover; a second reply without it means that it was missed.
      if (toldToServe) {
        serve(listed, HandledBefore.nothing());
      }
      toldToServe = true;
    }
  }

  /** Holds events back; the next heartbeat says so, and which event was the last. */
  private void pauseAll(List<Held> listed, long id) throws InterruptedException {
    if (paused) {
      // Nothing was handled since the last pause: the answer is the same, its number may not be.
      if (pauseId != id) {
        pauseId = id;
        beatNow.release();
      }
      return;
    }
    boolean all = true;
    for (Held shard : listed) {
      EventGate gate = shard.host.gate(shard.line.shardId());
      all &= gate == null || gate.pause(LISTENERS_LIMIT);
    }
    if (all) {
      pauseId = id;
      paused = true;
      LOG.info("event=paused shards={}", listed.size());
      watch.paused();
    }
    beatNow.release();
  }

  private void serve(List<Held> listed, HandledBefore before) {
    paused = false;
    serving = true;
    layout = "serving";
    for (Held shard : listed) {
      EventGate gate = shard.host.gate(shard.line.shardId());
      if (gate != null) {
        gate.open(before);
      }
    }
    if (!listed.isEmpty()) {
      LOG.info("event=serving shards={}", listed.size());
      watch.serving();
    }
  }

  /** Wakes the heartbeat when the tracker has something to say; what it is stands in the reply. */
  private void stream() throws InterruptedException {
    registered.await();
    var backoff = new Backoff();
    while (!stopping.get()) {
      try (var lines =
          new BufferedReader(
              new InputStreamReader(api.stream(incarnation), StandardCharsets.UTF_8))) {
        for (String line = lines.readLine();
            line != null && !stopping.get();
            line = lines.readLine()) {
          if (line.startsWith("event:")) {
            backoff.reset();
            switch (line.substring(6).strip()) {
              case "ping" -> {}
              case "granted" -> seatsNow.release();
              default -> beatNow.release();
            }
          }
        }
      } catch (IOException e) {
        LOG.debug("event=stream_ended", e);
      }
      TimeUnit.MILLISECONDS.sleep(backoff.next());
    }
  }

  // ---- ends of leases

  private boolean mayAct(Held shard, long nowNanos) {
    return !strict() || !shard.lease.over(nowNanos);
  }

  private boolean strict() {
    TrackerSettings.Fencing own = settings.fencing();
    return (own == null ? clusterFencing : own) == TrackerSettings.Fencing.STRICT;
  }

  private void watchDeadline(Held shard) {
    if (strict()) {
      var unused =
          deadlines.schedule(
              this::expireOverdue,
              Math.max(0, shard.lease.deadlineNanos() - System.nanoTime()),
              TimeUnit.NANOSECONDS);
    }
  }

  private void expireOverdue() {
    if (stopping.get()) {
      return;
    }
    long now = System.nanoTime();
    for (Held shard : heldShards()) {
      if (!mayAct(shard, now)) {
        lose(shard, "deadline");
      }
    }
  }

  /** Closes the shard here and now; it is not released, for it is not ours to release. */
  private void lose(Held shard, String reason) {
    placement.lock();
    try {
      cut(shard, reason);
    } finally {
      placement.unlock();
    }
    seatsNow.release();
  }

  private void cut(Held shard, String reason) {
    int shardId = shard.line.shardId();
    if (!held.remove(shardId, shard)) {
      return;
    }
    shard.host.closeGate(shardId);
    var unused = shard.line.hangUp();
    relay.forget(shard.line);
    LOG.warn("event=lost {} reason={}", shard.line, reason);
    watch.lost(shardId, reason);
    endLater(shard);
  }

  private void endLater(Held shard) {
    placement.lock();
    try {
      var unused =
          endings.put(
              shard.line.shardId(), CompletableFuture.runAsync(() -> endJda(shard), virtual));
    } finally {
      placement.unlock();
    }
  }

  private static void endJda(Held shard) {
    shard.host.stop(shard.line.shardId());
    shard.line.drop();
  }

  /** Stop taking events, close with 4000, release with the last handled number, in this order. */
  private boolean handOver(Collection<Held> leaving, String reason) throws InterruptedException {
    if (leaving.isEmpty()) {
      return true;
    }
    List<CompletableFuture<Void>> stops = new ArrayList<>();
    for (Held shard : leaving) {
      stops.add(CompletableFuture.runAsync(() -> stopSession(shard), virtual));
    }
    CompletableFuture.allOf(stops.toArray(CompletableFuture[]::new)).join();
    DataArray shards = DataArray.empty();
    List<Integer> ids = new ArrayList<>();
    for (Held shard : leaving) {
      DataObject entry =
          DataObject.empty().put("shard_id", shard.line.shardId()).put("epoch", shard.line.epoch());
      ResumeState resume = shard.line.resumeState();
      if (resume != null) {
        resume.putInto(entry);
      }
      putLastEvent(shard, entry);
      shards.add(entry);
      ids.add(shard.line.shardId());
    }
    placement.lock();
    try {
      for (Held shard : leaving) {
        held.remove(shard.line.shardId(), shard);
        relay.forget(shard.line);
        endLater(shard);
      }
    } finally {
      placement.unlock();
    }
    boolean released =
        release(
            DataObject.empty()
                .put("incarnation", incarnation)
                .put("reason", reason)
                .put("shards", shards));
    if (released) {
      LOG.info("event=released shards={} reason={}", ids, reason);
      watch.released(ids);
    }
    return released;
  }

  private void stopSession(Held shard) {
    try {
      if (!shard.line.stopFlow(LISTENERS_LIMIT)) {
        LOG.warn("event=listener_still_busy {}", shard.line);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    shard.host.closeGate(shard.line.shardId());
    try {
      var unused = shard.line.hangUp().get(300, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      LOG.debug("event=close_frame_not_sent {}", shard.line, e);
    }
  }

  private boolean release(DataObject body) throws InterruptedException {
    for (int attempt = 1; attempt <= 2; attempt++) {
      try {
        TrackerApi.Reply reply = api.release(body, RELEASE_LIMIT);
        if (reply.ok()) {
          return true;
        }
        LOG.warn("event=release_refused reason=\"{}\"", reply.problem());
        if (reply.status() < 500) {
          return false;
        }
      } catch (IOException e) {
        LOG.warn("event=release_failed attempt={} reason=\"{}\"", attempt, e.toString());
      }
    }
    // The leases run out by themselves.
    return false;
  }

  /** Hands all shards back and ends; under two seconds. Safe to call from a shutdown hook. */
  @Override
  public void close() {
    end("sigterm");
  }

  private void end(String reason) {
    if (!stopping.compareAndSet(false, true)) {
      return;
    }
    endLoops();
    try {
      var unused = handOver(heldShards(), reason);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      endAll();
    }
  }

  /** A later process has our name. Asking again would take the shards from it, for ever. */
  private void giveUp() {
    if (stopping.compareAndSet(false, true)) {
      LOG.error("event=superseded instance={}", settings.instanceId());
      endLoops();
      heldShards().forEach(shard -> lose(shard, "superseded"));
      endAll();
    }
  }

  private void endLoops() {
    registered.countDown();
    Thread self = Thread.currentThread();
    loops.stream().filter(loop -> !loop.equals(self)).forEach(Thread::interrupt);
  }

  private void endAll() {
    deadlines.shutdownNow();
    ShardHost last = host;
    if (last != null) {
      last.shutdown();
    }
    relay.close();
    stopped.countDown();
  }

  // ---- identify permits and what the relay tells

  private final class Lines implements ShardLine.Watcher {

    @Override
    public IdentifyWindow permit(ShardLine line) throws InterruptedException, LeaseLostException {
      Held shard = holderOf(line);
      int attempt = ++shard.attempts;
      shard.state = ShardState.CONNECTING;
      var backoff = new Backoff();
      while (!line.over()) {
        try {
          TrackerApi.Reply reply =
              api.permit(
                  line.shardId(),
                  DataObject.empty()
                      .put("epoch", line.epoch())
                      .put("attempt", attempt)
                      .put("max_wait_ms", PERMIT_MAX_WAIT_MS),
                  CALL_LIMIT);
          switch (reply.status()) {
            case 200, 201 -> {
              return IdentifyWindow.of(
                  reply.sentNanos(),
                  reply.receivedNanos(),
                  reply.body().getLong("identify_in_ms"),
                  reply.body().getLong("use_within_ms"));
            }
            case 409 -> throw new LeaseLostException(reply.problem());
            default -> {
              LOG.info("event=permit_refused {} reason=\"{}\"", line, reply.problem());
              TimeUnit.MILLISECONDS.sleep(Math.max(backoff.next(), reply.retryAfterMs()));
            }
          }
        } catch (IOException | ParsingException e) {
          LOG.warn("event=permit_failed {} reason=\"{}\"", line, e.toString());
          TimeUnit.MILLISECONDS.sleep(backoff.next());
        }
      }
      throw new LeaseLostException("shard was stopped");
    }

    @Override
    public boolean mayAct(ShardLine line) {
      Held shard = heldNow(line.shardId());
      return shard != null
          && shard.line == line
          && TrackedShards.this.mayAct(shard, System.nanoTime());
    }

    @Override
    public void identified(ShardLine line) {
      LOG.info("event=identified {}", line);
      watch.identified(line.shardId());
    }

    @Override
    public void ready(ShardLine line) {
      LOG.info("event=ready {}", line);
      connected(line);
      watch.ready(line.shardId());
    }

    @Override
    public void resumed(ShardLine line, boolean adopted) {
      LOG.info("event=resumed {} adopted={}", line, adopted);
      connected(line);
      watch.resumed(line.shardId(), adopted);
    }

    private void connected(ShardLine line) {
      Held shard = heldNow(line.shardId());
      if (shard != null && shard.line == line) {
        shard.state = ShardState.READY;
        // At once, for the session is what a next holder would need.
        beatNow.release();
      }
    }

    @Override
    public void adoptionRefused(ShardLine line) {
      LOG.info("event=session_not_adopted {}", line);
    }

    @Override
    public void disconnected(ShardLine line, int code) {
      LOG.info("event=disconnected {} code={}", line, code);
      Held shard = heldNow(line.shardId());
      if (shard != null && shard.line == line) {
        shard.state = ShardState.CONNECTING;
        if (DISCORD_REFUSES.contains(code)) {
          // JDA has ended the shard. Holding the lease would keep it from a healthy pod.
          LOG.error("event=discord_refuses_bot code={}", code);
          virtual.execute(() -> end("gateway_" + code));
        }
      }
    }

    private Held holderOf(ShardLine line) throws LeaseLostException {
      Held shard = heldNow(line.shardId());
      if (shard == null || shard.line != line) {
        throw new LeaseLostException("shard is not held");
      }
      return shard;
    }
  }

  private @Nullable Held heldNow(int shardId) {
    placement.lock();
    try {
      return held.get(shardId);
    } finally {
      placement.unlock();
    }
  }

  private List<Held> heldShards() {
    placement.lock();
    try {
      return List.copyOf(held.values());
    } finally {
      placement.unlock();
    }
  }

  private int heldCount() {
    return heldShards().size();
  }

  // ---- what Discord says about the bot

  private void askDiscord(String token) throws InterruptedException {
    try {
      DataObject bot = discord(token, "gateway/bot");
      if (settings.gatewayUrl() == null) {
        relay.discordGateway(bot.getString("url"));
      }
      relay.selfUser(discord(token, "users/@me"));
      DataObject limit = bot.getObject("session_start_limit");
      String application = settings.applicationId();
      if (application == null) {
        application = discord(token, "applications/@me").getString("id");
      }
      TrackerApi.Reply reply =
          api.reportSessionStartLimit(
              application,
              DataObject.empty()
                  .put("total", limit.getInt("total"))
                  .put("remaining", limit.getInt("remaining"))
                  .put("reset_after_ms", limit.getLong("reset_after"))
                  .put("max_concurrency", limit.getInt("max_concurrency"))
                  .put("shards", bot.getInt("shards")),
              CALL_LIMIT);
      if (!reply.ok()) {
        LOG.info("event=session_start_limit_not_taken reason=\"{}\"", reply.problem());
      }
    } catch (IOException | ParsingException e) {
      // Useful, not needed: the tracker counts its own grants.
      LOG.warn("event=discord_not_asked reason=\"{}\"", e.toString());
    }
  }

  private DataObject discord(String token, String path) throws IOException, InterruptedException {
    var response =
        http.send(
            HttpRequest.newBuilder(settings.discordApi().resolve(path))
                .header("authorization", "Bot " + token)
                .header("user-agent", RestConfig.USER_AGENT)
                .timeout(CALL_LIMIT)
                .build(),
            BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(path + " answered " + response.statusCode());
    }
    return DataObject.fromJson(response.body());
  }

  /** Doubling waits with jitter, so that a fleet does not knock in step. */
  private static final class Backoff {
    private long nextMs = FIRST_BACKOFF_MS;

    long next() {
      long wait = nextMs;
      nextMs = Math.min(MAX_BACKOFF_MS, nextMs * 2);
      return Math.round(wait * ThreadLocalRandom.current().nextDouble(0.5, 1.0));
    }

    void reset() {
      nextMs = FIRST_BACKOFF_MS;
    }
  }

  /** Settings of the client itself. */
  public static final class Builder {
    private final TrackerSettings settings;
    private final String token;
    private final Supplier<DefaultShardManagerBuilder> bot;
    private IntFunction<? extends IEventManager> listeners = shard -> new InterfacedEventManager();
    private ShardListener watch = new ShardListener() {};

    private Builder(
        TrackerSettings settings, String token, Supplier<DefaultShardManagerBuilder> bot) {
      this.settings = settings;
      this.token = token;
      this.bot = bot;
    }

    /** The bot's own event manager per shard, where it is not JDA's default. */
    public Builder eventManager(IntFunction<? extends IEventManager> perShard) {
      this.listeners = perShard;
      return this;
    }

    public Builder shardListener(ShardListener listener) {
      this.watch = listener;
      return this;
    }

    /** Starts, and hands everything back when the JVM is asked to stop. */
    public TrackedShards start() throws IOException {
      var shards = new TrackedShards(this);
      Runtime.getRuntime()
          .addShutdownHook(Thread.ofPlatform().name("quintet-shutdown").unstarted(shards::close));
      shards.start(token);
      return shards;
    }
  }

  /** What a heartbeat's reply tells the pod to do. */
  private record Directives(
      boolean pause, long pauseId, Set<Integer> drained, @Nullable HandledBefore serve) {

    static Directives of(DataObject body) {
      boolean pause = false;
      long pauseId = 0;
      Set<Integer> drained = new HashSet<>();
      HandledBefore serve = null;
      DataArray list = body.optArray("directives").orElseGet(DataArray::empty);
      for (int i = 0; i < list.length(); i++) {
        DataObject directive = list.getObject(i);
        switch (directive.getString("type", "")) {
          case "pause" -> {
            pause = true;
            pauseId = directive.getLong("pause_id", 0);
          }
          case "drain" ->
              directive
                  .optArray("shards")
                  .ifPresent(shards -> shards.stream(DataArray::getInt).forEach(drained::add));
          case "serve" -> serve = HandledBefore.of(directive);
          default -> LOG.warn("event=unknown_directive {}", directive);
        }
      }
      return new Directives(pause, pauseId, drained, serve);
    }
  }
}
