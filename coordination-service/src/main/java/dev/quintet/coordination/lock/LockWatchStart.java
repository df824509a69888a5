package dev.quintet.coordination.lock;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.coordination.lock.LockWatch.Start;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.UriInfo;
import java.time.Duration;
import java.util.Objects;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Asks the database before a watch's method runs. A stream answers 200 before its first piece is
 * known, so whatever can still be refused with a problem has to be known before.
 */
@ApplicationScoped
public class LockWatchStart {
  private static final String KEY = LockWatchStart.class.getName();

  private final LockWatch watch;

  LockWatchStart(LockWatch watch) {
    this.watch = watch;
  }

  @ServerRequestFilter
  @WatchesLock
  public Uni<Void> look(UriInfo uri, RoutingContext request) {
    var key = new LockKey(Objects.requireNonNull(uri.getPathParameters().getFirst("lock_key")));
    if (watch.full()) {
      throw new ProblemException(CommonProblem.OVERLOADED, "too many readers on this replica")
          .retryAfter(Duration.ofSeconds(5));
    }
    return watch.start(key.value()).invoke(start -> request.put(KEY, start)).replaceWithVoid();
  }

  static Start of(RoutingContext request) {
    return request.get(KEY);
  }
}
