package dev.quintet.autoscaler.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/** The manager's calls for nodes. Never throws for what the network or the manager does. */
final class ManagerApi {

  /** Twice this and a little work is less than the 10 s that a stopping agent has. */
  static final Duration LIMIT = Duration.ofSeconds(4);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(LIMIT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private final String base;
  private final LongSupplier nanos;

  ManagerApi(URI manager, LongSupplier nanos) {
    this.base = manager.toString().replaceAll("/+$", "") + "/api/v1/nodes";
    this.nanos = nanos;
  }

  /** Enrols a node. The same {@code idempotencyKey} never makes two. */
  Answer<Wire.Registered> register(
      String enrollmentToken, String idempotencyKey, Wire.Registration node) {
    HttpRequest.Builder request =
        post("/register", Wire.write(node).getBytes(StandardCharsets.UTF_8))
            .header("x-enrollment-token", enrollmentToken)
            .header("idempotency-key", idempotencyKey);
    return call(request, Wire.Registered.class);
  }

  Answer<Wire.HeartbeatReply> heartbeat(NodeKey node, Wire.Heartbeat beat) {
    byte[] body = Wire.write(beat).getBytes(StandardCharsets.UTF_8);
    return call(
        signed(node, post("/" + node.id() + "/heartbeat", body)), Wire.HeartbeatReply.class);
  }

  Answer<Wire.Configuration> configuration(NodeKey node) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + "/" + node.id() + "/config"));
    return call(signed(node, request), Wire.Configuration.class);
  }

  /**
   * Hands a batch in, byte for byte as it was sealed.
   *
   * @param partial whether good samples shall be kept although others are refused
   */
  Answer<Wire.BatchReply> metrics(NodeKey node, byte[] batch, boolean partial) {
    String path = "/" + node.id() + "/metrics" + (partial ? "?mode=partial" : "");
    return call(signed(node, post(path, batch)), Wire.BatchReply.class);
  }

  private HttpRequest.Builder post(String path, byte[] body) {
    return HttpRequest.newBuilder(URI.create(base + path))
        .header("content-type", "application/json")
        .POST(BodyPublishers.ofByteArray(body));
  }

  private static HttpRequest.Builder signed(NodeKey node, HttpRequest.Builder request) {
    return request.header("x-api-key", node.key());
  }

  private <T> Answer<T> call(HttpRequest.Builder request, Class<T> type) {
    request.header("accept", "application/json, application/problem+json");
    long sent = nanos.getAsLong();
    // HttpRequest.timeout ends with the head of the reply; a hanging body needs a limit too.
    var exchange = http.sendAsync(request.build(), BodyHandlers.ofByteArray());
    try {
      return read(exchange.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS), type, sent);
    } catch (TimeoutException e) {
      return new Answer.Later<>("no answer within " + LIMIT.toSeconds() + " s", Duration.ZERO);
    } catch (ExecutionException e) {
      return new Answer.Later<>("not reached: " + e.getCause(), Duration.ZERO);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer.Later<>("interrupted", Duration.ZERO);
    } finally {
      var unused = exchange.cancel(true);
    }
  }

  private static <T> Answer<T> read(HttpResponse<byte[]> response, Class<T> type, long sent) {
    int status = response.statusCode();
    String text = new String(response.body(), StandardCharsets.UTF_8);
    if (status >= 200 && status < 300) {
      try {
        T body = Wire.JSON.readValue(text, type);
        return body == null
            ? new Answer.Later<>("an empty answer", Duration.ZERO)
            : new Answer.Given<>(body, sent);
      } catch (JsonProcessingException e) {
        return new Answer.Later<>("unreadable answer: " + e.getOriginalMessage(), Duration.ZERO);
      }
    }
    Wire.Problem problem = problem(text);
    String code = problem.code() == null ? "" : problem.code();
    String detail = problem.detail() == null ? "" + problem.title() : problem.detail();
    if (status == 429 || status == 408 || status >= 500) {
      return new Answer.Later<>((status + " " + code).trim(), retryAfter(response));
    }
    return new Answer.Refused<>(status, code, detail);
  }

  private static Wire.Problem problem(String text) {
    var strange = new Wire.Problem(null, "an answer that is not the manager's", null);
    try {
      return Objects.requireNonNullElse(Wire.JSON.readValue(text, Wire.Problem.class), strange);
    } catch (JsonProcessingException e) {
      return strange;
    }
  }

  private static Duration retryAfter(HttpResponse<?> response) {
    String seconds = response.headers().firstValue("retry-after").orElse("0");
    return seconds.matches("\\d{1,6}")
        ? Duration.ofSeconds(Long.parseLong(seconds))
        : Duration.ZERO;
  }
}
