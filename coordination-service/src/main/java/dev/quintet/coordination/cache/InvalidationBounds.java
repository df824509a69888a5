package dev.quintet.coordination.cache;

import dev.quintet.coordination.cache.InvalidationQueries.Bounds;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.UriInfo;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;

/**
 * Asks the database before the stream's method runs: a stream answers 200 before its first piece is
 * known, so whatever can still be refused has to be known before.
 */
@ApplicationScoped
public class InvalidationBounds {
  static final String HEADER = "Last-Event-ID";
  static final String PARAMETER = "last_event_id";

  private static final String KEY = InvalidationBounds.class.getName();

  private final InvalidationQueries queries;

  InvalidationBounds(InvalidationQueries queries) {
    this.queries = queries;
  }

  @ServerRequestFilter
  @StartsAtInvalidation
  public Uni<Void> look(UriInfo uri, HttpHeaders headers, RoutingContext request) {
    String header = headers.getHeaderString(HEADER);
    return queries
        .bounds(
            number(
                header == null || header.isEmpty()
                    ? uri.getQueryParameters().getFirst(PARAMETER)
                    : header))
        .invoke(bounds -> request.put(KEY, bounds))
        .replaceWithVoid();
  }

  static Bounds of(RoutingContext request) {
    return request.get(KEY);
  }

  /** Null: it is none. */
  static @Nullable Long number(@Nullable String text) {
    try {
      return text == null ? null : Long.valueOf(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
