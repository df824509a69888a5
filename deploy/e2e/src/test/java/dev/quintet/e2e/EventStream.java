package dev.quintet.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.testing.Tokens;
import dev.quintet.e2e.fleet.Api;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A dashboard's event stream: comes back by Last-Event-ID at whichever replica answers. */
final class EventStream implements AutoCloseable {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();

  final List<JsonNode> events = new CopyOnWriteArrayList<>();
  final List<String> lines = new CopyOnWriteArrayList<>();
  private final String cluster;
  private final Thread reader;
  private volatile String lastId;
  private volatile boolean closed;
  private volatile @Nullable InputStream open;

  EventStream(String cluster, long after) {
    this.cluster = cluster;
    this.lastId = Long.toString(after);
    this.reader = Thread.ofVirtual().start(this::read);
  }

  List<Long> clusterNumbers() {
    return events.stream().map(event -> event.path("cluster_seq").asLong()).toList();
  }

  private void read() {
    while (!closed) {
      try {
        follow();
      } catch (IOException away) {
        // The next replica goes on where this one stopped.
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void follow() throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(
                Tracker.fleet().any().uri("/api/v1/events/stream?cluster=" + cluster))
            .header("Authorization", "Bearer " + Tokens.get().of("user"))
            .header("Accept", "text/event-stream")
            .header("Last-Event-ID", lastId)
            .build();
    var response = HTTP.send(request, HttpResponse.BodyHandlers.ofInputStream());
    if (response.statusCode() != 200) {
      throw new IOException("status " + response.statusCode());
    }
    open = response.body();
    try (var body =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      String id = lastId;
      for (String line = body.readLine(); line != null; line = body.readLine()) {
        lines.add(line);
        if (line.startsWith("id:")) {
          id = line.substring(3).strip();
        } else if (line.startsWith("data:")) {
          events.add(Api.JSON.readTree(line.substring(5)));
        } else if (line.isEmpty()) {
          lastId = id;
        }
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    reader.interrupt();
    var body = open;
    if (body != null) {
      try {
        body.close();
      } catch (IOException e) {
        // it was closed by the other side
      }
    }
  }
}
