package dev.quintet.common.problem;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.TraceId;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The number under which the caller's problem and our log line can be laid side by side. */
public final class TraceIds {
  private static final Pattern TRACEPARENT =
      Pattern.compile("[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}");

  private static final String KNOWN = "quintet.trace.id";

  private TraceIds() {}

  /** The same for the whole of a request, so that its log lines, rows and problem agree. */
  public static String of(RoutingContext request) {
    String known = request.get(KNOWN);
    if (known == null) {
      known = current(request.request().getHeader("traceparent"));
      request.put(KNOWN, known);
    }
    return known;
  }

  /** The span's; else what the caller sent as {@code traceparent}; else a new one. */
  static String current(@Nullable String traceparent) {
    var span = Span.current().getSpanContext();
    if (span.isValid()) {
      return span.getTraceId();
    }
    if (traceparent != null) {
      Matcher parts = TRACEPARENT.matcher(traceparent);
      if (parts.matches() && TraceId.isValid(parts.group(1))) {
        return parts.group(1);
      }
    }
    var random = ThreadLocalRandom.current();
    return TraceId.fromLongs(random.nextLong() | 1, random.nextLong());
  }
}
