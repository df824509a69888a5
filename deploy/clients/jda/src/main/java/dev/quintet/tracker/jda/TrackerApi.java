package dev.quintet.tracker.jda;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import net.dv8tion.jda.api.exceptions.ParsingException;
import net.dv8tion.jda.api.utils.data.DataObject;
import org.jspecify.annotations.Nullable;

/** The tracker's calls for one instance. An answer of any status is a reply; no answer throws. */
final class TrackerApi {

  /** {@code sentNanos} is where every deadline counts from. */
  record Reply(int status, DataObject body, long sentNanos, long receivedNanos, long retryAfterMs) {

    boolean ok() {
      return status >= 200 && status < 300;
    }

    boolean refusedWith(String code) {
      return status == 409 && code.equals(code());
    }

    String code() {
      return body.getString("code", "");
    }

    String problem() {
      return status + " " + body.getString("detail", code());
    }
  }

  private final HttpClient http;
  private final AccessTokens tokens;
  private final String cluster;
  private final String instance;

  TrackerApi(HttpClient http, TrackerSettings settings) {
    this.http = http;
    this.tokens = settings.tokens();
    String base = settings.tracker().toString().replaceAll("/+$", "") + "/api/v1";
    this.cluster = base + "/clusters/" + encode(settings.cluster());
    this.instance = cluster + "/instances/" + encode(settings.instanceId());
    this.applications = base + "/applications/";
  }

  private final String applications;

  Reply acquire(DataObject body, Duration limit) throws IOException, InterruptedException {
    return call("POST", cluster + "/assignments", body, limit);
  }

  Reply heartbeat(DataObject body, Duration limit) throws IOException, InterruptedException {
    return call("POST", instance + "/heartbeat", body, limit);
  }

  Reply release(DataObject body, Duration limit) throws IOException, InterruptedException {
    return call("POST", instance + "/release", body, limit);
  }

  Reply permit(int shardId, DataObject body, Duration limit)
      throws IOException, InterruptedException {
    return call("POST", cluster + "/shards/" + shardId + "/identify-permits", body, limit);
  }

  Reply awaitAssignments(String incarnation, int waitSeconds, long afterVersion)
      throws IOException, InterruptedException {
    return call(
        "GET",
        instance
            + "/assignments?incarnation="
            + incarnation
            + "&wait_s="
            + waitSeconds
            + "&after_version="
            + afterVersion,
        null,
        Duration.ofSeconds(waitSeconds + 5));
  }

  Reply reportSessionStartLimit(String applicationId, DataObject limit, Duration within)
      throws IOException, InterruptedException {
    return call(
        "PUT", applications + encode(applicationId) + "/session-start-limit", limit, within);
  }

  /** Server-sent events; the caller closes the stream. */
  InputStream stream(String incarnation) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(instance + "/stream?incarnation=" + incarnation))
            .header("authorization", "Bearer " + tokens.token(null))
            .header("accept", "text/event-stream")
            .timeout(Duration.ofSeconds(10))
            .build();
    HttpResponse<InputStream> response = http.send(request, BodyHandlers.ofInputStream());
    if (response.statusCode() != 200) {
      response.body().close();
      throw new IOException("stream answered " + response.statusCode());
    }
    return response.body();
  }

  private Reply call(String method, String url, @Nullable DataObject body, Duration limit)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    String token = tokens.token(null);
    Reply reply = once(method, url, body, token, deadline);
    return reply.status() == 401 ? once(method, url, body, tokens.token(token), deadline) : reply;
  }

  private Reply once(
      String method, String url, @Nullable DataObject body, String token, long deadline)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(url))
            .header("authorization", "Bearer " + token)
            .header("accept", "application/json, application/problem+json");
    if (body == null) {
      request.method(method, HttpRequest.BodyPublishers.noBody());
    } else {
      request
          .header("content-type", "application/json")
          .method(method, HttpRequest.BodyPublishers.ofString(body.toString()));
    }
    long sent = System.nanoTime();
    // HttpRequest.timeout ends with the head of the reply; a hanging body needs a limit too.
    var answer = http.sendAsync(request.build(), BodyHandlers.ofString());
    try {
      HttpResponse<String> response =
          answer.get(Math.max(1, deadline - sent), TimeUnit.NANOSECONDS);
      long received = System.nanoTime();
      DataObject parsed = json(response.body());
      return new Reply(
          response.statusCode(),
          parsed,
          sent,
          received,
          parsed.getLong("retry_after_ms", retryAfterMs(response)));
    } catch (TimeoutException e) {
      throw new IOException("no answer in time", e);
    } catch (ExecutionException e) {
      throw new IOException("tracker not reached: " + e.getCause(), e);
    } finally {
      var unused = answer.cancel(true);
    }
  }

  private static DataObject json(String body) {
    if (!body.startsWith("{")) {
      return DataObject.empty();
    }
    try {
      return DataObject.fromJson(body);
    } catch (ParsingException e) {
      return DataObject.empty();
    }
  }

  private static long retryAfterMs(HttpResponse<?> response) {
    try {
      return response
          .headers()
          .firstValue("retry-after")
          .map(seconds -> Math.round(Double.parseDouble(seconds) * 1000))
          .orElse(0L);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static String encode(String segment) {
    return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
