package dev.quintet.e2e;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.quintet.common.testing.Tokens;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * tracker-service as a client sees it: whichever replica answers. A replica that is away costs one
 * more try at the next, as behind a Kubernetes service.
 */
final class Tracker {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

  private final Supplier<Replica> replica;
  private final Supplier<@Nullable String> token;
  private final HttpClient.Version version;

  private Tracker(Supplier<Replica> replica, Supplier<@Nullable String> token) {
    this(replica, token, HttpClient.Version.HTTP_2);
  }

  private Tracker(
      Supplier<Replica> replica, Supplier<@Nullable String> token, HttpClient.Version version) {
    this.replica = replica;
    this.token = token;
    this.version = version;
  }

  /** With real tokens of this role, at any replica of the fleet. */
  static Tracker as(String role) {
    return as(Fleet.get(), role);
  }

  static Tracker as(Fleet fleet, String role) {
    return new Tracker(fleet::any, () -> Tokens.get().of(role));
  }

  static Tracker at(Replica replica, String role) {
    return new Tracker(() -> replica, () -> Tokens.get().of(role));
  }

  /** With this very token, or without any. */
  static Tracker withToken(@Nullable String token) {
    return new Tracker(Fleet.get()::any, () -> token);
  }

  /** The same caller, by another version of HTTP. */
  Tracker over(HttpClient.Version other) {
    return new Tracker(replica, token, other);
  }

  /** A status and a document; an answer without a body has a missing node. */
  record Answer(int status, JsonNode body, HttpResponse<String> http) {
    String code() {
      return body.path("code").asText();
    }
  }

  Answer get(String path) {
    return send("GET", path, null);
  }

  Answer post(String path, @Nullable Object body) {
    return send("POST", path, body);
  }

  Answer send(String method, String path, @Nullable Object body, String... headers) {
    IOException last = new IOException("never tried");
    for (int attempt = 0; attempt < Fleet.REPLICAS * 2; attempt++) {
      try {
        return once(method, path, body, headers);
      } catch (IOException away) {
        last = away;
      }
    }
    throw new AssertionError("no replica answers", last);
  }

  private Answer once(String method, String path, @Nullable Object body, String... headers)
      throws IOException {
    var request =
        HttpRequest.newBuilder(replica.get().uri("/api/v1" + path))
            .version(version)
            .timeout(Duration.ofSeconds(70))
            .header("Content-Type", "application/json")
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(
                        body instanceof String text ? text : json(body)));
    String bearer = token.get();
    if (bearer != null) {
      request.header("Authorization", "Bearer " + bearer);
    }
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    try {
      var response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
      String text = response.body();
      return new Answer(
          response.statusCode(),
          text.isEmpty() ? MissingNode.getInstance() : JSON.readTree(text),
          response);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static String json(Object body) {
    try {
      return JSON.writeValueAsString(body);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /**
   * A new cluster with the lease times of the acceptance scenarios (ttl 6 s, interval 2 s, grace 1
   * s), and its name.
   */
  static String newCluster(int totalShards, String... settings) {
    return newCluster(Fleet.get(), totalShards, settings);
  }

  static String newCluster(Fleet fleet, int totalShards, String... settings) {
    ObjectNode body = JSON.createObjectNode();
    String name = "e2e-" + UUID.randomUUID().toString().substring(0, 8);
    body.put("cluster_name", name).put("total_shards", totalShards);
    body.put("lease_ttl_ms", 6000)
        .put("heartbeat_interval_ms", 2000)
        .put("takeover_grace_ms", 1000);
    for (int i = 0; i < settings.length; i += 2) {
      try {
        body.set(settings[i], JSON.readTree(settings[i + 1]));
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException(e);
      }
    }
    var answer = as(fleet, "admin").post("/clusters", body);
    if (answer.status() != 201) {
      throw new AssertionError("no cluster: " + answer.body());
    }
    return name;
  }
}
