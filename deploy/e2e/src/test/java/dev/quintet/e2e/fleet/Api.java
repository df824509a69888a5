package dev.quintet.e2e.fleet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.quintet.common.testing.Tokens;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A service as a client sees it: whichever replica answers, or one of them. A replica that is away
 * costs one more try at the next, as behind a Kubernetes service. Paths begin behind {@code
 * /api/v1}.
 */
public final class Api {
  public static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(70);

  private final Supplier<Replica> replica;
  private final int attempts;
  private final Supplier<@Nullable String> token;
  private final HttpClient.Version version;

  private Api(
      Supplier<Replica> replica,
      int attempts,
      Supplier<@Nullable String> token,
      HttpClient.Version version) {
    this.replica = replica;
    this.attempts = attempts;
    this.token = token;
    this.version = version;
  }

  /** Of nobody in particular: without a token. */
  static Api of(Supplier<Replica> replica, int attempts) {
    return new Api(replica, attempts, () -> null, HttpClient.Version.HTTP_2);
  }

  /** With Keycloak's own tokens for this role, renewed in time. */
  public Api as(String role) {
    return new Api(replica, attempts, () -> Tokens.get().of(role), version);
  }

  /** With this very token, or without any. */
  public Api withToken(@Nullable String bearer) {
    return new Api(replica, attempts, () -> bearer, version);
  }

  /** The same caller, by another version of HTTP. */
  public Api over(HttpClient.Version other) {
    return new Api(replica, attempts, token, other);
  }

  public Answer get(String path, String... headers) {
    return send("GET", path, null, headers);
  }

  public Answer post(String path, @Nullable Object body, String... headers) {
    return send("POST", path, body, headers);
  }

  /**
   * The answer of whichever replica gives one.
   *
   * @param body a text goes as it is, null is none, anything else is written as JSON
   * @param headers names and values in turn
   */
  public Answer send(String method, String path, @Nullable Object body, String... headers) {
    IOException last = new IOException("never tried");
    for (int attempt = 0; attempt < attempts; attempt++) {
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
            .timeout(ANSWER_WITHIN)
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
      boolean document =
          !text.isEmpty()
              && response.headers().firstValue("Content-Type").orElse("json").contains("json")
              && !response.headers().firstValue("Content-Type").orElse("").contains("ndjson");
      return new Answer(
          response.statusCode(),
          document ? JSON.readTree(text) : MissingNode.getInstance(),
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
}
