package dev.quintet.common.problem;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns a problem into status, headers and bytes, for the REST layer and for the routes below it.
 */
@ApplicationScoped
public class ProblemDocuments {
  /**
   * Under this name the request at hand knows the code it was refused with, for who writes logs.
   */
  public static final String CODE = "quintet.problem.code";

  private final ObjectMapper json;

  ProblemDocuments(ObjectMapper json) {
    this.json = json;
  }

  /** What goes over the wire. */
  record Document(int status, Map<String, String> headers, String body, String traceId) {}

  Document document(ProblemException problem, RoutingContext request) {
    String traceId = TraceIds.of(request);
    var type = problem.type();
    request.put(CODE, type.code());
    Duration wait = problem.retryAfter();
    var body =
        new Problem(
            type.uri(),
            type.title(),
            type.status(),
            problem.detail(),
            instance(request),
            type.code(),
            traceId,
            wait == null ? null : wait.toMillis(),
            problem.errors(),
            problem.members());
    var headers = new LinkedHashMap<String, String>();
    headers.put("Content-Type", Problem.MEDIA_TYPE);
    headers.put("Cache-Control", "no-store");
    if (wait != null) {
      headers.put("Retry-After", Long.toString(Math.max(1, Math.ceilDiv(wait.toMillis(), 1000L))));
    }
    if (type.status() == 413 && request.request().version() != HttpVersion.HTTP_2) {
      // The rest of the body is still under way; ending the connection is cheaper than reading it.
      // HTTP/2 ends the stream alone, and knows no such header.
      headers.put("Connection", "close");
    }
    if (type.status() == 401) {
      headers.put("WWW-Authenticate", "Bearer");
    }
    try {
      return new Document(type.status(), headers, json.writeValueAsString(body), traceId);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a problem of strings and numbers cannot be written", e);
    }
  }

  /** Ends a request that never reached the REST layer. */
  public void end(RoutingContext request, ProblemException problem) {
    var response = request.response();
    if (response.ended() || response.headWritten()) {
      return;
    }
    var document = document(problem, request);
    response.setStatusCode(document.status());
    document.headers().forEach(response::putHeader);
    response.end(document.body()).onFailure(gone -> {});
  }

  private static @Nullable String instance(RoutingContext request) {
    String path = request.request().path();
    return path == null || path.length() > 1024 ? null : path;
  }
}
