package dev.quintet.autoscaler.event;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.RowId;
import dev.quintet.autoscaler.event.EventQueries.Bounds;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.UriInfo;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;

/**
 * Asks the database before a stream's method runs. A stream answers 200 before its first piece is
 * known, so whatever can still be refused with a problem has to be known before.
 */
@ApplicationScoped
public class EventBounds {
  private static final String KEY = EventBounds.class.getName();

  private final EventQueries events;
  private final Actors actors;

  EventBounds(EventQueries events, Actors actors) {
    this.events = events;
    this.actors = actors;
  }

  @ServerRequestFilter
  @StartsAtEvent
  public Uni<Void> look(UriInfo uri, RoutingContext request) {
    return admitted(uri.getPathParameters().getFirst("id"))
        .chain(events::bounds)
        .invoke(bounds -> request.put(KEY, bounds))
        .replaceWithVoid();
  }

  private Uni<Void> admitted(@Nullable String node) {
    return node == null
        ? Uni.createFrom().voidItem()
        : events.authenticate(
            actors.nodeKey().orElseThrow(),
            RowId.fromString(node).value(),
            actors.current().ipAddress());
  }

  static Bounds of(RoutingContext request) {
    return request.get(KEY);
  }
}
