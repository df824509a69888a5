package dev.quintet.tracker.event;

import dev.quintet.common.api.tracker.Names;
import dev.quintet.tracker.event.EventQueries.Bounds;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.UriInfo;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Asks the database before the stream's method runs. A stream answers 200 before its first piece is
 * known, so whatever can still be refused with a problem has to be known before.
 */
@ApplicationScoped
public class EventBounds {
  private static final String KEY = EventBounds.class.getName();

  private final EventQueries events;

  EventBounds(EventQueries events) {
    this.events = events;
  }

  @ServerRequestFilter
  @StartsAtEvent
  public Uni<Void> look(UriInfo uri, RoutingContext request) {
    String cluster = uri.getQueryParameters().getFirst("cluster");
    return events
        .bounds(cluster == null || !Names.isCluster(cluster) ? null : cluster)
        .invoke(bounds -> request.put(KEY, bounds))
        .replaceWithVoid();
  }

  static Bounds of(RoutingContext request) {
    return request.get(KEY);
  }
}
