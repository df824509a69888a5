package dev.quintet.autoscaler.liveness;

import dev.quintet.common.sql.FleetLocks;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;

@ApplicationScoped
class LivenessQueries {
  /** $1 advisory key, $2 offline_after in ms. One row: how many nodes went offline. */
  private static final String SWEEP = "SELECT autoscaler.sweep_nodes($1, $2 * interval '1 ms')";

  private static final long SWEEP_KEY = FleetLocks.key("autoscaler", "sweep-nodes");

  private final Statements statements;

  LivenessQueries(Statements statements) {
    this.statements = statements;
  }

  Uni<Integer> sweep(Duration offlineAfter) {
    return statements
        .run(SWEEP, Tuple.of(SWEEP_KEY, (double) offlineAfter.toMillis()))
        .map(rows -> rows.iterator().next().getInteger(0));
  }
}
