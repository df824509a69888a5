package dev.quintet.autoscaler.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.function.Predicate;

/** The manager's rules for nodes, in memory and on the wire. */
final class FakeManager implements AutoCloseable {

  static final int NODE = 3;
  static final String KEY = "ask_" + "k".repeat(43);
  static final String TOKEN = "enrol-me";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> BEAT =
      Set.of("status", "config_hash", "error_message", "metrics_data", "pool_analytics", "applied");
  private static final Set<String> POOL =
      Set.of(
          "oracle_pool_id",
          "current_instances",
          "active_instances",
          "avg_cpu_utilization",
          "avg_memory_utilization",
          "max_cpu_utilization",
          "max_memory_utilization",
          "pool_status",
          "is_active",
          "scaling_event",
          "scaling_reason");
  private static final Set<String> SAMPLE =
      Set.of("oracle_pool_id", "pool_id", "metric_type", "value", "unit", "timestamp");

  /** One call; {@code code} is the problem's, empty for a success. */
  record Call(String what, int status, String code, JsonNode body, String query) {}

  private record Offer(int poolId, int target, long generation, String mode, Duration good) {}

  private static final class Problem extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;

    Problem(int status, String code) {
      super(code);
      this.status = status;
    }
  }

  final Journal<Call> calls = new Journal<>();
  final Set<String> storedBatches = new HashSet<>();
  final List<JsonNode> storedSamples = new ArrayList<>();
  private final HttpServer http;
  private final Map<String, Offer> offers = new LinkedHashMap<>();
  private final Map<String, Integer> enrolled = new HashMap<>();
  private String configuration = "";
  private String configurationHash = "";
  private String keyProblem = "";
  private boolean down;
  private boolean loseMetricsAnswers;
  private boolean loseRegistration;
  private String poison = "";
  private int intervalSeconds = 1;
  private Duration ahead = Duration.ZERO;

  FakeManager() throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/", this::serve);
    http.start();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + http.getAddress().getPort());
  }

  @Override
  public void close() {
    http.stop(0);
  }

  // ---- what a test turns

  synchronized void offer(String pool, int target, long generation, String mode, Duration good) {
    offers.put(pool, new Offer(7, target, generation, mode, good));
  }

  void offer(String pool, int target, long generation) {
    offer(pool, target, generation, "managed", Duration.ofMinutes(2));
  }

  synchronized void configuration(String yaml, String hash) {
    configuration = yaml;
    configurationHash = hash;
  }

  void configuration(String yaml) {
    configuration(yaml, ConfigurationFile.sha256(yaml.getBytes(StandardCharsets.UTF_8)));
  }

  /** 401 with this code for every call, until it is empty. */
  synchronized void refuseKeyWith(String code) {
    keyProblem = code;
  }

  synchronized void down(boolean now) {
    down = now;
  }

  /** Stores batches and then loses the answer. */
  synchronized void loseMetricsAnswers(boolean now) {
    loseMetricsAnswers = now;
  }

  synchronized void loseRegistration(boolean now) {
    loseRegistration = now;
  }

  /** Samples of this type are refused. */
  synchronized void poison(String metricType) {
    poison = metricType;
  }

  synchronized void interval(int seconds) {
    intervalSeconds = seconds;
  }

  synchronized void clockAhead(Duration by) {
    ahead = by;
  }

  List<Call> beats() {
    return calls.all(call -> call.what().equals("heartbeat") && call.status() == 200);
  }

  Call awaitBeat(Predicate<JsonNode> wanted) {
    return calls.await(call ->
        call.what().equals("heartbeat") && call.status() == 200 && wanted.test(call.body()));
  }

  synchronized List<JsonNode> storedSamples() {
    return List.copyOf(storedSamples);
  }

  // ---- HTTP

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] bytes = exchange.getRequestBody().readAllBytes();
      String path = exchange.getRequestURI().getPath();
      String query = "" + exchange.getRequestURI().getQuery();
      String what = path.substring(path.lastIndexOf('/') + 1);
      JsonNode body = bytes.length == 0 ? JSON.createObjectNode() : JSON.readTree(bytes);
      int status;
      String code = "";
      JsonNode answer;
      synchronized (this) {
        try {
          answer = answer(exchange, path, what, body, query, bytes.length);
          status = what.equals("register") ? 201 : what.equals("metrics") ? 202 : 200;
        } catch (Problem problem) {
          status = problem.status;
          code = "" + problem.getMessage();
          answer =
              JSON.createObjectNode()
                  .put("type", "urn:quintet:problem:" + code)
                  .put("title", code)
                  .put("status", status)
                  .put("detail", "because of a test")
                  .put("code", code);
        }
      }
      calls.add(new Call(what, status, code, body, query));
      boolean lost =
          what.equals("metrics") && loseMetricsAnswers
              || what.equals("register") && loseRegistration;
      if (lost) {
        return;
      }
      byte[] out = JSON.writeValueAsBytes(answer);
      if (status == 503) {
        exchange.getResponseHeaders().add("retry-after", "1");
      }
      exchange.sendResponseHeaders(status, out.length);
      exchange.getResponseBody().write(out);
    }
  }

  private static void demand(boolean holds, int status, String code) {
    if (!holds) {
      throw new Problem(status, code);
    }
  }

  private static void known(JsonNode body, Set<String> fields) {
    body.fieldNames().forEachRemaining(name -> demand(fields.contains(name), 422, "unknown_field"));
  }

  private JsonNode answer(
      HttpExchange exchange, String path, String what, JsonNode body, String query, int size) {
    demand(!down, 503, "database_unavailable");
    if (what.equals("register")) {
      return register(exchange, body);
    }
    String key = "" + exchange.getRequestHeaders().getFirst("x-api-key");
    demand(keyProblem.isEmpty(), 401, keyProblem);
    demand(key.equals(KEY), 401, "key_unknown");
    demand(path.startsWith("/api/v1/nodes/" + NODE + "/"), 403, "node_mismatch");
    return switch (what) {
      case "heartbeat" -> heartbeat(body);
      case "config" -> config();
      case "metrics" -> metrics(body, query, size);
      default -> throw new Problem(404, "not_found");
    };
  }

  private JsonNode register(HttpExchange exchange, JsonNode body) {
    known(body, Set.of("name", "region", "ip_address", "description"));
    demand(!body.path("name").asText().isBlank(), 422, "invalid_name");
    String token = "" + exchange.getRequestHeaders().getFirst("x-enrollment-token");
    demand(token.equals(TOKEN), 401, "enrollment_invalid");
    String repeat = "" + exchange.getRequestHeaders().getFirst("idempotency-key");
    boolean again = enrolled.containsKey(repeat);
    demand(again || enrolled.isEmpty(), 410, "enrollment_used_up");
    enrolled.put(repeat, NODE);
    return JSON.createObjectNode()
        .put("node_id", NODE)
        .put("api_key", again ? null : KEY)
        .put("key_already_shown", again)
        .put("name", body.path("name").asText())
        .put("region", body.path("region").asText());
  }

  private JsonNode heartbeat(JsonNode body) {
    known(body, BEAT);
    demand(
        Set.of("active", "healthy", "ok", "error", "degraded", "inactive", "paused")
            .contains(body.path("status").asText()),
        422,
        "invalid_status");
    Set<String> seen = new HashSet<>();
    for (JsonNode pool : body.path("pool_analytics")) {
      known(pool, POOL);
      demand(seen.add(pool.path("oracle_pool_id").asText()), 422, "duplicate_pool");
      int current = pool.path("current_instances").asInt(-1);
      int active = pool.path("active_instances").asInt(-1);
      demand(active >= 0 && current >= active, 422, "count_invalid");
      for (String percent : List.of("avg_cpu_utilization", "avg_memory_utilization")) {
        demand(pool.path(percent).isNumber(), 422, "percent_invalid");
        double value = pool.path(percent).asDouble();
        demand(value >= 0 && value <= 100, 422, "percent_invalid");
      }
    }
    for (JsonNode applied : body.path("applied")) {
      known(applied, Set.of("pool_id", "generation", "ok", "error"));
      demand(applied.path("ok").asBoolean() || applied.has("error"), 422, "required");
    }
    Instant now = Instant.now().plus(ahead);
    ObjectNode reply = JSON.createObjectNode();
    reply.put("status", "success").put("server_time", now.toString());
    String sent = body.path("config_hash").asText("");
    reply.put("config_update_needed", !configuration.isEmpty() && !configurationHash.equals(sent));
    reply.put("current_config_hash", configuration.isEmpty() ? null : configurationHash);
    reply.putNull("new_config");
    ArrayNode targets = reply.putArray("targets");
    offers.forEach((pool, offer) ->
        targets
            .addObject()
            .put("pool_id", offer.poolId())
            .put("oracle_pool_id", pool)
            .put("target_instances", offer.target())
            .put("generation", offer.generation())
            .put("decision_id", 9000 + offer.generation())
            .put("event", "SCALE_UP")
            .put("reason", "METRIC_ABOVE_TARGET: because of a test")
            .put("mode", offer.mode())
            .put("expires_at", now.plus(offer.good()).toString()));
    reply.putArray("item_errors");
    reply.put("next_heartbeat_seconds", intervalSeconds).putNull("key_expires_at");
    return reply;
  }

  private JsonNode config() {
    demand(!configuration.isEmpty(), 404, "no_active_config");
    return JSON.createObjectNode()
        .put("id", 1)
        .put("yaml_config", configuration)
        .put("config_hash", configurationHash)
        .put("is_active", true);
  }

  private JsonNode metrics(JsonNode body, String query, int size) {
    known(body, Set.of("batch_id", "samples"));
    String id = UUID.fromString(body.path("batch_id").asText()).toString();
    demand(body.path("samples").size() <= 5000 && size <= 1 << 20, 413, "batch_too_large");
    boolean partial = query.contains("mode=partial");
    int rejected = 0;
    List<JsonNode> good = new ArrayList<>();
    Instant now = Instant.now().plus(ahead);
    for (JsonNode sample : body.path("samples")) {
      known(sample, SAMPLE);
      Instant at = Instant.parse(sample.path("timestamp").asText());
      boolean bad =
          sample.path("metric_type").asText().equals(poison)
              || !sample.path("value").isNumber()
              || at.isAfter(now.plus(Duration.ofMinutes(5)))
              || at.isBefore(now.minus(Duration.ofDays(14)));
      demand(!bad || partial, 422, "timestamp_out_of_range");
      rejected += bad ? 1 : 0;
      if (!bad) {
        good.add(sample);
      }
    }
    boolean duplicate = !storedBatches.add(id);
    if (!duplicate) {
      storedSamples.addAll(good);
    }
    return JSON.createObjectNode()
        .put("batch_id", id)
        .put("accepted", good.size())
        .put("rejected", rejected)
        .put("duplicate", duplicate);
  }
}
