package dev.quintet.coordination.breaker;

import dev.quintet.common.api.coordination.Breaker;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Asks the database before the stream's method runs. A stream answers 200 before its first piece is
 * known, so whatever can still be refused with a problem has to be known before.
 */
@ApplicationScoped
public class BreakerStart {
  private static final String KEY = BreakerStart.class.getName();

  private final BreakerQueries queries;
  private final int most;

  BreakerStart(BreakerQueries queries, BreakerSettings settings) {
    this.queries = queries;
    this.most = settings.most();
  }

  /**
   * @param latest the last event before the states were read
   */
  record Start(long latest, List<Breaker> states) {}

  @ServerRequestFilter
  @StartsAtBreakerEvent
  public Uni<Void> look(RoutingContext request) {
    // In this order: what happens between is in the states and comes once more as an event.
    return queries
        .latest()
        .chain(latest ->
            queries
                .list(null, "", most)
                .map(rows -> new Start(latest, rows.stream().map(StoredBreaker::open).toList())))
        .invoke(start -> request.put(KEY, start))
        .replaceWithVoid();
  }

  static Start of(RoutingContext request) {
    return request.get(KEY);
  }
}
