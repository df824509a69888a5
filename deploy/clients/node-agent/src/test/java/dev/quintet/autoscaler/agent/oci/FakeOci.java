package dev.quintet.autoscaler.agent.oci;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.quintet.autoscaler.agent.Journal;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;

/**
 * Compute management and monitoring of OCI for one pool, with the rules that matter to a caller.
 */
public final class FakeOci implements AutoCloseable {

  public static final String POOL = "ocid1.instancepool.oc1..aaaa";
  private static final String COMPARTMENT = "ocid1.compartment.oc1..cccc";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** One call as it was answered. */
  public record Call(String what, int status) {}

  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final String code;

    Refused(int status, String code) {
      super(code);
      this.status = status;
      this.code = code;
    }
  }

  public final Journal<Call> calls = new Journal<>();
  private final HttpServer http;
  private final Map<String, Integer> tokens = new HashMap<>();
  private final List<Integer> sizes = new ArrayList<>();
  private int size;
  private int running;
  private int version = 1;
  private String state = "RUNNING";
  private int limit = 20;
  private boolean throttled;
  private boolean noPoints;
  private boolean loseAnswer;
  private CountDownLatch holdLooks = new CountDownLatch(0);

  public FakeOci(int size) throws IOException {
    this.size = size;
    this.running = size;
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/", this::serve);
    http.start();
  }

  public String url() {
    return "http://127.0.0.1:" + http.getAddress().getPort();
  }

  @Override
  public void close() {
    holdLooks.countDown();
    http.stop(0);
  }

  // ---- what a test turns

  /** Sizes that were set, each once per change that took place. */
  public synchronized List<Integer> sizes() {
    return List.copyOf(sizes);
  }

  /** As if all instances had come up or gone. */
  public synchronized void settle() {
    running = size;
    state = "RUNNING";
    version++;
  }

  /** As if somebody else's change were still under way. */
  public synchronized void unsettle() {
    state = "SCALING";
    version++;
  }

  public synchronized void changeByHand(int to) {
    size = to;
    running = to;
    version++;
  }

  public synchronized void throttle(boolean now) {
    throttled = now;
  }

  public synchronized void limit(int most) {
    limit = most;
  }

  public synchronized void noPoints() {
    noPoints = true;
  }

  /** The next resize is done and its answer never arrives. */
  public synchronized void loseAnswer() {
    loseAnswer = true;
  }

  /** Looks hang until the latch opens. */
  public synchronized void holdLooks(CountDownLatch latch) {
    holdLooks = latch;
  }

  // ---- HTTP

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      byte[] body = exchange.getRequestBody().readAllBytes();
      String what =
          path.contains("summarizeMetricsData")
              ? "metrics"
              : path.endsWith("/instances") ? "list" : exchange.getRequestMethod().toLowerCase();
      if (what.equals("get")) {
        CountDownLatch hold;
        synchronized (this) {
          hold = holdLooks;
        }
        if (hold.getCount() > 0) {
          calls.add(new Call("held", 0));
          hold.await();
        }
      }
      int status = 200;
      byte[] answer;
      boolean lose;
      synchronized (this) {
        try {
          answer = JSON.writeValueAsBytes(answer(exchange, what, path, body));
        } catch (Refused refused) {
          status = refused.status;
          answer =
              JSON.writeValueAsBytes(Map.of("code", refused.code, "message", "because of a test"));
        }
        lose = what.equals("put") && status == 200 && loseAnswer;
        exchange.getResponseHeaders().add("etag", "etag-" + version);
      }
      calls.add(new Call(what, status));
      if (lose) {
        return;
      }
      exchange.getResponseHeaders().add("content-type", "application/json");
      exchange.getResponseHeaders().add("opc-request-id", "r");
      if (status == 429) {
        exchange.getResponseHeaders().add("retry-after", "7");
      }
      exchange.sendResponseHeaders(status, answer.length);
      exchange.getResponseBody().write(answer);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private JsonNode answer(HttpExchange exchange, String what, String path, byte[] body)
      throws IOException {
    signed(exchange, body);
    if (throttled) {
      throw new Refused(429, "TooManyRequests");
    }
    return switch (what) {
      case "metrics" -> points(JSON.readTree(body));
      case "get" -> pool(path);
      case "list" -> {
        var unused = pool(path.replace("/instances", ""));
        yield instances();
      }
      case "put" -> {
        var unused = pool(path);
        update(exchange, JSON.readTree(body));
        yield pool(path);
      }
      default -> throw new Refused(404, "NotAuthorizedOrNotFound");
    };
  }

  /** OCI refuses a request whose signature does not cover these headers. */
  private static void signed(HttpExchange exchange, byte[] body) {
    String authorization = "" + exchange.getRequestHeaders().getFirst("authorization");
    boolean all =
        authorization.startsWith("Signature ")
            && authorization.contains("keyId=\"tenancy/user/fingerprint\"")
            && authorization.contains("rsa-sha256")
            && authorization.contains("(request-target)")
            && authorization.contains("host")
            && authorization.contains("date")
            && (body.length == 0 || authorization.contains("x-content-sha256"));
    if (!all) {
      throw new Refused(401, "NotAuthenticated");
    }
  }

  private ObjectNode pool(String path) {
    if (!path.equals("/20160918/instancePools/" + POOL)) {
      throw new Refused(404, "NotAuthorizedOrNotFound");
    }
    ObjectNode pool = JSON.createObjectNode();
    pool.put("id", POOL)
        .put("compartmentId", COMPARTMENT)
        .put("instanceConfigurationId", "ocid1.instanceconfiguration.oc1..x")
        .put("lifecycleState", state)
        .put("size", size)
        .put("timeCreated", "2026-05-04T10:00:00Z");
    pool.putArray("placementConfigurations");
    return pool;
  }

  private ArrayNode instances() {
    ArrayNode all = JSON.createArrayNode();
    for (int i = 0; i < Math.max(size, running); i++) {
      all.addObject()
          .put("id", "ocid1.instance.oc1.." + i)
          .put("compartmentId", COMPARTMENT)
          .put("state", i < running ? "Running" : "Provisioning");
    }
    return all;
  }

  private void update(HttpExchange exchange, JsonNode details) {
    int wanted = details.path("size").asInt(-1);
    String token = "" + exchange.getRequestHeaders().getFirst("opc-retry-token");
    if (Integer.valueOf(wanted).equals(tokens.get(token))) {
      return;
    }
    String match = exchange.getRequestHeaders().getFirst("if-match");
    if (match != null && !match.equals("etag-" + version)) {
      throw new Refused(412, "NoEtagMatch");
    }
    if (!state.equals("RUNNING")) {
      throw new Refused(409, "IncorrectState");
    }
    if (wanted < 0) {
      throw new Refused(400, "InvalidParameter");
    }
    if (wanted > limit) {
      throw new Refused(400, "LimitExceeded");
    }
    tokens.put(token, wanted);
    sizes.add(wanted);
    size = wanted;
    running = Math.min(running, size);
    state = "SCALING";
    version++;
  }

  private ArrayNode points(JsonNode details) {
    String query = details.path("query").asText();
    boolean ours =
        details.path("namespace").asText().equals("oci_computeagent") && query.contains(POOL);
    if (!ours) {
      throw new Refused(400, "InvalidParameter");
    }
    ArrayNode series = JSON.createArrayNode();
    for (int i = 0; i < (noPoints ? 0 : running); i++) {
      ObjectNode one = series.addObject();
      one.put("namespace", "oci_computeagent").put("name", query.replaceAll("\\[.*", ""));
      one.put("compartmentId", COMPARTMENT);
      one.putObject("dimensions").put("resourceId", "ocid1.instance.oc1.." + i);
      ArrayNode data = one.putArray("aggregatedDatapoints");
      Instant now = Instant.now();
      data.addObject()
          .put("timestamp", now.minus(Duration.ofMinutes(2)).toString())
          .put("value", 1.0);
      data.addObject()
          .put("timestamp", now.minus(Duration.ofMinutes(1)).toString())
          .put("value", 50.0 + 10 * i);
    }
    return series;
  }
}
