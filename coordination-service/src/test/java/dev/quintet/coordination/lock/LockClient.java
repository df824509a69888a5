package dev.quintet.coordination.lock;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.quintet.common.testing.Tokens;
import io.restassured.RestAssured;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** A client as anybody could write one: plain HTTP and JSON, one connection per open request. */
final class LockClient implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String role;

  LockClient(String role) {
    this.role = role;
  }

  static LockClient service() {
    return new LockClient("service");
  }

  /** An answer, and when it was asked for and came, by one monotonic clock. */
  record Reply(int status, JsonNode body, HttpResponse<String> http, long invoked, long returned) {
    String code() {
      return body.path("code").asText();
    }

    long token() {
      return body.path("fencing_token").asLong();
    }

    String lease() {
      return body.path("lease_id").asText();
    }

    @Override
    public String toString() {
      return status + " " + body;
    }
  }

  static String unique(String name) {
    return name + "-" + Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), 36);
  }

  static ObjectNode lock(String key, String holder) {
    return JSON.createObjectNode().put("lock_key", key).put("holder", holder).put("ttl_ms", 60_000);
  }

  static ObjectNode object() {
    return JSON.createObjectNode();
  }

  Reply acquire(String key, String holder) {
    return post("/locks", lock(key, holder));
  }

  Reply acquire(String key, String holder, long waitMs) {
    return post("/locks", lock(key, holder).put("wait_ms", waitMs));
  }

  /** Its connection closes when it is cancelled. */
  CompletableFuture<Reply> acquiring(ObjectNode lock) {
    long invoked = System.nanoTime();
    return http.sendAsync(request("POST", "/locks", lock), HttpResponse.BodyHandlers.ofString())
        .thenApply(response -> reply(response, invoked));
  }

  Reply extend(String key, String lease, long ttlMs) {
    return put(
        "/locks/" + encoded(key) + "/lease", object().put("lease_id", lease).put("ttl_ms", ttlMs));
  }

  Reply release(String key, String lease) {
    return delete("/locks/" + encoded(key) + "/lease?lease_id=" + lease);
  }

  Reply view(String key) {
    return get("/locks/" + encoded(key));
  }

  Reply accept(String resource, long token) {
    return post("/fences/" + encoded(resource) + "/accept", object().put("fencing_token", token));
  }

  Reply post(String path, Object body) {
    return send("POST", path, body);
  }

  Reply put(String path, Object body) {
    return send("PUT", path, body);
  }

  Reply delete(String path) {
    return send("DELETE", path, null);
  }

  Reply get(String path) {
    return send("GET", path, null);
  }

  /** {@code body}: JSON, or a text that is sent as it is. */
  private Reply send(String method, String path, @Nullable Object body) {
    long invoked = System.nanoTime();
    try {
      return reply(
          http.send(request(method, path, body), HttpResponse.BodyHandlers.ofString()), invoked);
    } catch (IOException e) {
      throw new IllegalStateException(method + " " + path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private HttpRequest request(String method, String path, @Nullable Object body) {
    return HttpRequest.newBuilder(URI.create(address(path)))
        .header("Authorization", "Bearer " + Tokens.get().of(role))
        .header("Content-Type", "application/json")
        .timeout(Duration.ofSeconds(70))
        .method(
            method,
            body == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(body.toString()))
        .build();
  }

  static String address(String path) {
    return "http://localhost:" + RestAssured.port + "/api/v1" + path;
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static Reply reply(HttpResponse<String> response, long invoked) {
    long returned = System.nanoTime();
    try {
      JsonNode body = response.body().isEmpty() ? JSON.nullNode() : JSON.readTree(response.body());
      return new Reply(response.statusCode(), body, response, invoked, returned);
    } catch (JsonProcessingException e) {
      throw new AssertionError(response.statusCode() + " " + response.body(), e);
    }
  }

  static String lease() {
    return UUID.randomUUID().toString();
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
