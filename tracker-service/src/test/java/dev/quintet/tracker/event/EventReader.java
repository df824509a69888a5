package dev.quintet.tracker.event;

import dev.quintet.common.testing.SseReader;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A client of the fleet's stream. */
final class EventReader implements AutoCloseable {
  private final SseReader stream;

  private EventReader(SseReader stream) {
    this.stream = stream;
  }

  static EventReader open(URI base, String query, String token, @Nullable Long lastEventId) {
    var headers = new LinkedHashMap<String, String>();
    headers.put("Authorization", "Bearer " + token);
    if (lastEventId != null) {
      headers.put("Last-Event-ID", lastEventId.toString());
    }
    return new EventReader(SseReader.open(base.resolve("/api/v1/events/stream" + query), headers));
  }

  int status() {
    return stream.status();
  }

  Map<String, List<String>> headers() {
    return stream.headers();
  }

  List<String> lines() {
    return stream.lines();
  }

  /** Ids in the order they came. */
  List<Long> ids() {
    return stream.ids().stream().map(Long::valueOf).toList();
  }

  List<String> names() {
    return stream.names();
  }

  long comments() {
    return stream.comments();
  }

  boolean ended() {
    return stream.ended();
  }

  @Override
  public void close() {
    stream.close();
  }
}
