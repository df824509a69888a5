package dev.quintet.common.testing;

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

/** A client of a stream of server-sent events, read line by line on a thread of its own. */
public final class SseReader implements AutoCloseable {
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final HttpClient http = HttpClient.newHttpClient();
  private final HttpResponse<Stream<String>> response;
  private final Thread reading;

  private SseReader(HttpRequest request) {
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

  public static SseReader open(URI stream, Map<String, String> headers) {
    var request = HttpRequest.newBuilder(stream).header("Accept", "text/event-stream");
    headers.forEach(request::header);
    return new SseReader(request.build());
  }

  public int status() {
    return response.statusCode();
  }

  public Map<String, List<String>> headers() {
    return response.headers().map();
  }

  public List<String> lines() {
    return new ArrayList<>(lines);
  }

  /** Ids in the order they came. */
  public List<String> ids() {
    return fields("id:");
  }

  public List<String> names() {
    return fields("event:");
  }

  public List<String> data() {
    return fields("data:");
  }

  public long comments() {
    return lines().stream().filter(line -> line.startsWith(":")).count();
  }

  public boolean ended() {
    return !reading.isAlive();
  }

  private List<String> fields(String name) {
    return lines().stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).strip())
        .toList();
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
