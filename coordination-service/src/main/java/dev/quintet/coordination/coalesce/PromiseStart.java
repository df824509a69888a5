package dev.quintet.coordination.coalesce;

import dev.quintet.common.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.UriInfo;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Asks Redis before the stream's method runs. A stream answers 200 before its first piece is known,
 * so whatever can still be refused with a problem has to be known before.
 */
@ApplicationScoped
public class PromiseStart {
  private static final String KEY = PromiseStart.class.getName();

  private final Coalescing coalescing;

  PromiseStart(Coalescing coalescing) {
    this.coalescing = coalescing;
  }

  @ServerRequestFilter
  @StartsAtPromise
  public Uni<Void> look(UriInfo uri, RoutingContext request) {
    var path = uri.getPathParameters();
    CoalesceScript.Wanted wanted;
    try {
      wanted = CoalesceResource.wanted(path.getFirst("operation"), path.getFirst("hash"));
    } catch (ProblemException refused) {
      return Uni.createFrom().failure(refused);
    }
    return coalescing.current(wanted).invoke(told -> request.put(KEY, told)).replaceWithVoid();
  }

  static Told of(RoutingContext request) {
    return request.get(KEY);
  }
}
