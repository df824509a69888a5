package dev.quintet.tracker.event;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A client of the stream: one connection, read line by line on a thread of its own. */
final class EventReader implements AutoCloseable {
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final HttpClient http = HttpClient.newHttpClient();
  private final HttpResponse<Stream<String>> response;
  private final Thread reading;

  private EventReader(HttpRequest request) {
    try {
      response = http.send(request, HttpResponse.BodyHandlers.ofLines());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    reading =
        Thread.ofVirtual()
            .start(() -> {
              try {
                response.body().forEach(lines::add);
              } catch (UncheckedIOException cut) {
                // the stream was closed by either end
              }
            });
  }

  static EventReader open(URI base, String query, String token, @Nullable Long lastEventId) {
    var request =
        HttpRequest.newBuilder(base.resolve("/api/v1/events/stream" + query))
            .header("Authorization", "Bearer " + token)
            .header("Accept", "text/event-stream");
    if (lastEventId != null) {
      request = request.header("Last-Event-ID", lastEventId.toString());
    }
    return new EventReader(request.build());
  }

  int status() {
    return response.statusCode();
  }

  Map<String, List<String>> headers() {
    return response.headers().map();
  }

  List<String> lines() {
    return new ArrayList<>(lines);
  }

  /** Ids in the order they came. */
  List<Long> ids() {
    return lines().stream()
        .filter(line -> line.startsWith("id:"))
        .map(line -> Long.valueOf(line.substring(3).strip()))
        .toList();
  }

  List<String> names() {
    return lines().stream()
        .filter(line -> line.startsWith("event:"))
        .map(line -> line.substring(6).strip())
        .toList();
  }

  long comments() {
    return lines().stream().filter(line -> line.startsWith(":")).count();
  }

  boolean ended() {
    return !reading.isAlive();
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
