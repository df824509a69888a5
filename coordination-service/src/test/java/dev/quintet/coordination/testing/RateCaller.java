package dev.quintet.coordination.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.testing.Tokens;
import io.restassured.RestAssured;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;

/** A program that asks for room: a client with connections of its own, for many threads. */
public final class RateCaller {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI check =
      URI.create("http://localhost:" + RestAssured.port + "/api/v1/rate-limits/check");
  private final String token = Tokens.get().of("service");

  /** An answer and when it was asked for and came, by {@link System#nanoTime}. */
  public record Answer(
      int status,
      JsonNode body,
      Map<String, java.util.List<String>> headers,
      long called,
      long answered) {
    public boolean allowed() {
      return status == 200 && body.path("allowed").asBoolean();
    }

    public String header(String name) {
      return headers.entrySet().stream()
          .filter(entry -> entry.getKey().equalsIgnoreCase(name))
          .map(entry -> entry.getValue().getFirst())
          .findFirst()
          .orElse("");
    }
  }

  public Answer check(String json) {
    var request =
        HttpRequest.newBuilder(check)
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build();
    long called = System.nanoTime();
    try {
      var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      long answered = System.nanoTime();
      return new Answer(
          answer.statusCode(),
          JSON.readTree(answer.body()),
          answer.headers().map(),
          called,
          answered);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
