package dev.quintet.tracker.jda;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import net.dv8tion.jda.api.utils.data.DataArray;
import net.dv8tion.jda.api.utils.data.DataObject;

/** The tracker's rules for bot pods, in memory: leases, epochs, standby, permits, resume state. */
final class FakeTracker implements AutoCloseable {

  private static final Set<String> ACQUIRE_FIELDS =
      Set.of(
          "instance_id",
          "incarnation",
          "pod_uid",
          "want",
          "min",
          "max_shards",
          "generation",
          "standby",
          "expected_total_shards",
          "hostname",
          "pod_ip",
          "node_name",
          "namespace",
          "zone",
          "bot_version",
          "deployment_version");
  private static final Set<String> BEAT_FIELDS =
      Set.of("incarnation", "state", "shards", "memory_usage_mb", "cpu_usage_percent");
  private static final Set<String> BEAT_SHARD_FIELDS =
      Set.of(
          "shard_id",
          "epoch",
          "state",
          "guild_count",
          "latency_ms",
          "session_id",
          "resume_gateway_url",
          "seq",
          "gateway_version",
          "encoding",
          "last_event_id");

  record Call(String what, String instance, int status, DataObject request, DataObject answer) {}

  private static final class Shard {
    String holder = "";
    String incarnation = "";
    long epoch;
    long expiresAt;
    DataObject resume = DataObject.empty();
  }

  final Journal<Call> calls = new Journal<>();
  private final HttpServer http;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Shard> shards = new ArrayList<>();
  private final Map<Integer, Long> buckets = new HashMap<>();
  private final Map<String, DataObject> permits = new HashMap<>();
  private final Set<String> queue = new LinkedHashSet<>();
  private final Map<String, DataObject> directives = new LinkedHashMap<>();
  private final Map<String, List<Integer>> offers = new HashMap<>();
  private long version = 1;
  private int refusals;
  private boolean serving = true;

  long ttlMs = 6_000;
  long intervalMs = 500;
  long graceMs = 100;
  int maxConcurrency = 1;
  long gapMs = 200;
  long useWithinMs = 500;
  volatile boolean silent;

  FakeTracker(int totalShards) throws IOException {
    for (int i = 0; i < totalShards; i++) {
      shards.add(new Shard());
    }
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/", this::serve);
    http.start();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + http.getAddress().getPort());
  }

  // ---- what a test turns

  private void holding(Runnable change) {
    lock.lock();
    try {
      change.run();
    } finally {
      lock.unlock();
    }
  }

  void refuseNext(int beats) {
    holding(() -> refusals = beats);
  }

  void serving(boolean now) {
    holding(() -> serving = now);
  }

  /** Told to the instance in every heartbeat reply until replaced by an empty one. */
  void direct(String instance, DataObject directive) {
    holding(() -> directives.put(instance, directive));
  }

  void offer(String instance, int shardId) {
    holding(() -> offers.put(instance, List.of(shardId)));
  }

  /** As if the instance's pod had been restarted beside it. */
  void supersede(String instance) {
    holding(() ->
        shards.stream()
            .filter(shard -> shard.holder.equals(instance))
            .forEach(shard -> {
              shard.incarnation = "a-later-one";
              shard.epoch++;
            }));
  }

  /** As if the lease had been taken over by another pod. */
  void give(int shardId, String holder) {
    lock.lock();
    try {
      Shard shard = shards.get(shardId);
      shard.holder = holder;
      shard.incarnation = "someone-else";
      shard.epoch++;
      shard.expiresAt = now() + TimeUnit.MINUTES.toNanos(10);
      turned();
    } finally {
      lock.unlock();
    }
  }

  void free(int shardId) {
    lock.lock();
    try {
      shards.get(shardId).holder = "";
      turned();
    } finally {
      lock.unlock();
    }
  }

  void leaveSession(int shardId, String sessionId, String gateway, long seq) {
    holding(() -> shards.get(shardId).resume = resume(sessionId, gateway, seq));
  }

  DataObject resumeOf(int shardId) {
    lock.lock();
    try {
      return shards.get(shardId).resume;
    } finally {
      lock.unlock();
    }
  }

  String holderOf(int shardId) {
    lock.lock();
    try {
      return shards.get(shardId).holder;
    } finally {
      lock.unlock();
    }
  }

  private static DataObject resume(String sessionId, String gateway, long seq) {
    return DataObject.empty()
        .put("session_id", sessionId)
        .put("resume_gateway_url", gateway)
        .put("seq", seq)
        .put("gateway_version", 10)
        .put("encoding", "json")
        .put("age_ms", 1);
  }

  private void turned() {
    version++;
    changed.signalAll();
  }

  private static long now() {
    return System.nanoTime();
  }

  // ---- HTTP

  private record Answer(int status, DataObject body) {}

  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final int status;
    final transient DataObject body;

    Refused(int status, String code) {
      super(code);
      this.status = status;
      this.body = DataObject.empty().put("code", code).put("status", status);
    }
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String text = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      DataObject body = text.startsWith("{") ? DataObject.fromJson(text) : DataObject.empty();
      if (path.startsWith("/realm")) {
        reply(exchange, 200, oidc(path, text));
        return;
      }
      if (silent) {
        return;
      }
      Answer answer;
      String[] parts = path.split("/");
      String what = parts[parts.length - 1];
      String instance = path.contains("/instances/") ? parts[6] : body.getString("instance_id", "");
      try {
        if (!"Bearer good".equals(exchange.getRequestHeaders().getFirst("authorization"))) {
          throw new Refused(401, "unauthorized");
        }
        answer =
            what.equals("assignments") && exchange.getRequestMethod().equals("GET")
                ? longPoll(exchange.getRequestURI().getQuery())
                : locked(what, instance, parts, body);
      } catch (Refused e) {
        answer = new Answer(e.status, e.body);
      }
      calls.add(new Call(what, instance, answer.status(), body, answer.body()));
      reply(exchange, answer.status(), answer.body());
    }
  }

  private DataObject oidc(String path, String form) {
    if (path.endsWith("openid-configuration")) {
      return DataObject.empty().put("token_endpoint", url() + "/realm/token");
    }
    boolean known = form.contains("client_id=bot") && form.contains("client_secret=s%26cret");
    return DataObject.empty().put("access_token", known ? "good" : "bad").put("expires_in", 300);
  }

  private static void reply(HttpExchange exchange, int status, DataObject body) throws IOException {
    byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
    boolean none = status == 304;
    exchange.sendResponseHeaders(status, none ? -1 : bytes.length);
    if (!none) {
      exchange.getResponseBody().write(bytes);
    }
  }

  private Answer locked(String what, String instance, String[] parts, DataObject body) {
    lock.lock();
    try {
      return switch (what) {
        case "assignments" -> acquire(instance, body);
        case "heartbeat" -> heartbeat(instance, body);
        case "release" -> release(instance, body);
        case "identify-permits" -> permit(Integer.parseInt(parts[6]), body);
        case "session-start-limit" -> new Answer(200, DataObject.empty());
        default -> throw new Refused(404, "not_found");
      };
    } finally {
      lock.unlock();
    }
  }

  private Answer longPoll(String query) {
    long after = Long.parseLong(query.replaceAll(".*after_version=(\\d+).*", "$1"));
    long deadline = now() + TimeUnit.SECONDS.toNanos(5);
    lock.lock();
    try {
      while (version <= after && now() < deadline) {
        changed.awaitNanos(deadline - now());
      }
      return version > after
          ? new Answer(200, DataObject.empty().put("assignment_version", version))
          : new Answer(304, DataObject.empty());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer(503, DataObject.empty());
    } finally {
      lock.unlock();
    }
  }

  private static void onlyFields(DataObject body, Set<String> known) {
    if (!known.containsAll(body.keys())) {
      throw new Refused(422, "unknown_field");
    }
  }

  private Answer acquire(String instance, DataObject body) {
    onlyFields(body, ACQUIRE_FIELDS);
    String incarnation = body.getString("incarnation");
    int want = body.getInt("want");
    if (want < 1 || want > shards.size()) {
      throw new Refused(422, "invalid_want");
    }
    DataArray mine = DataArray.empty();
    int held = 0;
    int fresh = 0;
    for (Shard shard : shards) {
      held += shard.holder.equals(instance) && shard.incarnation.equals(incarnation) ? 1 : 0;
    }
    for (int id = 0; id < shards.size(); id++) {
      Shard shard = shards.get(id);
      boolean own = shard.holder.equals(instance) && shard.incarnation.equals(incarnation);
      boolean free =
          shard.holder.isEmpty()
              || now() - shard.expiresAt > TimeUnit.MILLISECONDS.toNanos(graceMs);
      if (!own && free && held < want) {
        shard.holder = instance;
        shard.incarnation = incarnation;
        shard.epoch++;
        held++;
        fresh++;
      } else if (!own) {
        continue;
      }
      shard.expiresAt = now() + TimeUnit.MILLISECONDS.toNanos(ttlMs);
      DataObject entry =
          DataObject.empty().put("shard_id", id).put("epoch", shard.epoch).put("is_new", !own);
      entry.put("resume", shard.resume.keys().isEmpty() ? null : shard.resume);
      mine.add(entry);
    }
    if (mine.length() == 0) {
      if (!body.getBoolean("standby")) {
        throw new Refused(409, "no_shard_available");
      }
      queue.add(instance);
      return new Answer(
          202,
          DataObject.empty()
              .put("standby", true)
              .put("position", List.copyOf(queue).indexOf(instance) + 1)
              .put("assignment_version", version));
    }
    queue.remove(instance);
    if (fresh > 0) {
      turned();
    }
    return new Answer(
        fresh > 0 ? 201 : 200,
        DataObject.empty()
            .put("generation", 1)
            .put("total_shards", shards.size())
            .put("max_concurrency", maxConcurrency)
            .put("assignment_version", version)
            .put("heartbeat_interval_ms", intervalMs)
            .put("valid_for_ms", ttlMs)
            .put("serving", serving)
            .put("granted", fresh)
            .put("short_by", want - held)
            .put("shards", mine));
  }

  private Answer heartbeat(String instance, DataObject body) {
    onlyFields(body, BEAT_FIELDS);
    if (refusals > 0) {
      refusals--;
      throw new Refused(503, "database_unavailable");
    }
    DataArray outcomes = DataArray.empty();
    boolean any = body.getArray("shards").length() == 0;
    for (int i = 0; i < body.getArray("shards").length(); i++) {
      DataObject beat = body.getArray("shards").getObject(i);
      onlyFields(beat, BEAT_SHARD_FIELDS);
      if (!Set.of("connecting", "ready", "paused").contains(beat.getString("state"))) {
        throw new Refused(422, "unreadable_value");
      }
      Shard shard = shards.get(beat.getInt("shard_id"));
      DataObject outcome = DataObject.empty().put("shard_id", beat.getInt("shard_id"));
      if (!holds(shard, instance, body, beat)) {
        boolean superseded = shard.incarnation.equals("a-later-one");
        outcomes.add(
            outcome
                .put("outcome", "lost")
                .put("reason", superseded ? "superseded" : "taken_over")
                .put("current_epoch", shard.epoch));
        continue;
      }
      any = true;
      shard.expiresAt = now() + TimeUnit.MILLISECONDS.toNanos(ttlMs);
      if (!beat.isNull("session_id")) {
        store(shard, beat);
      }
      outcomes.add(outcome.put("outcome", "renewed").put("epoch", shard.epoch));
    }
    if (!any) {
      return new Answer(
          409,
          DataObject.empty()
              .put("code", "lease_lost")
              .put("reason", outcomes.getObject(0).getString("reason"))
              .put("shards", outcomes));
    }
    DataArray directed = DataArray.empty();
    DataObject directive = directives.getOrDefault(instance, DataObject.empty());
    if (!directive.keys().isEmpty()) {
      directed.add(directive);
    }
    List<Integer> offered = offers.remove(instance);
    return new Answer(
        200,
        DataObject.empty()
            .put("valid_for_ms", ttlMs)
            .put("serving", serving)
            .put("total_shards", shards.size())
            .put("generation", 1)
            .put("assignment_version", version)
            .put("shards", outcomes)
            .put("unlisted", DataArray.empty())
            .put("offers", offered == null ? DataArray.empty() : DataArray.fromCollection(offered))
            .put("directives", directed)
            .put("warnings", DataArray.empty()));
  }

  private static boolean holds(Shard shard, String instance, DataObject body, DataObject entry) {
    return shard.holder.equals(instance)
        && shard.incarnation.equals(body.getString("incarnation"))
        && shard.epoch == entry.getLong("epoch");
  }

  private static void store(Shard shard, DataObject state) {
    shard.resume =
        resume(
            state.getString("session_id"),
            state.getString("resume_gateway_url"),
            state.getLong("seq"));
  }

  private Answer release(String instance, DataObject body) {
    DataArray outcomes = DataArray.empty();
    for (int i = 0; i < body.getArray("shards").length(); i++) {
      DataObject entry = body.getArray("shards").getObject(i);
      onlyFields(entry, BEAT_SHARD_FIELDS);
      Shard shard = shards.get(entry.getInt("shard_id"));
      boolean held = holds(shard, instance, body, entry);
      if (held) {
        shard.holder = "";
        if (!entry.isNull("session_id")) {
          store(shard, entry);
        }
      }
      outcomes.add(
          DataObject.empty()
              .put("shard_id", entry.getInt("shard_id"))
              .put("outcome", held ? "released" : "lost"));
    }
    turned();
    return new Answer(200, DataObject.empty().put("shards", outcomes));
  }

  private Answer permit(int shardId, DataObject body) {
    Shard shard = shards.get(shardId);
    if (shard.epoch != body.getLong("epoch") || shard.holder.isEmpty()) {
      throw new Refused(409, "stale_epoch");
    }
    String key = shardId + "/" + shard.epoch + "/" + body.getInt("attempt");
    DataObject known = permits.get(key);
    long now = now();
    if (known == null) {
      int bucket = shardId % maxConcurrency;
      long slot = Math.max(now, buckets.getOrDefault(bucket, now));
      buckets.put(bucket, slot + TimeUnit.MILLISECONDS.toNanos(gapMs + useWithinMs));
      known = DataObject.empty().put("permit_id", key).put("slot", slot);
      permits.put(key, known);
    }
    return new Answer(
        201,
        DataObject.empty()
            .put("permit_id", key)
            .put("bucket", shardId % maxConcurrency)
            .put(
                "identify_in_ms",
                Math.max(0, TimeUnit.NANOSECONDS.toMillis(known.getLong("slot") - now)))
            .put("use_within_ms", useWithinMs)
            .put("remaining", 900)
            .put("reset_in_ms", 1000));
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
