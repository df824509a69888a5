package dev.quintet.tracker.upkeep;

import dev.quintet.common.api.tracker.CleanupReply;
import dev.quintet.common.sql.FleetLocks;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Each job's one statement. */
@ApplicationScoped
class UpkeepQueries {
  /** $1 least time since the last tick of any replica, in ms. No row: another replica has it. */
  private static final String CLAIM_TICK =
      "SELECT cluster FROM tracker.claim_tick($1 * interval '1 ms') AS cluster";

  /** $1 cluster. */
  private static final String TICK = "SELECT tracker.tick_cluster($1)";

  /** $1 time between runs and $2 threshold, in ms. No row: this run was done by another replica. */
  private static final String CLEANUP_TURN =
      """
      SELECT cleaned_count, affected_instances
        FROM tracker.cleanup_turn($1 * interval '1 ms', $2 * interval '1 ms')
      """;

  /** $1 threshold in s. */
  private static final String CLEANUP =
      """
      SELECT cleaned_count, affected_instances
        FROM tracker.cleanup_stale_assignments($1 * interval '1 s')
      """;

  /** $1 advisory key, $2 least time since the last run and $3 retention, in ms. */
  private static final String HOUSEKEEPING =
      "SELECT tracker.housekeeping_turn($1, $2 * interval '1 ms', $3 * interval '1 ms')";

  /** $1 retention in ms, $2 most at a time. */
  private static final String FORGET = "SELECT tracker.forget_instances($1 * interval '1 ms', $2)";

  private static final long HOUSEKEEPING_KEY = FleetLocks.key("tracker", "housekeeping");

  private final Statements statements;

  UpkeepQueries(Statements statements) {
    this.statements = statements;
  }

  /** The clusters to look after; none when another replica does. */
  Uni<List<String>> claimTick(Duration gap) {
    return statements
        .run(CLAIM_TICK, Tuple.of(ms(gap)))
        .map(rows -> {
          var clusters = new ArrayList<String>(rows.size());
          rows.forEach(row -> clusters.add(row.getString(0)));
          return clusters;
        });
  }

  Uni<Void> tick(String cluster) {
    return statements.run(TICK, Tuple.of(cluster)).replaceWithVoid();
  }

  Uni<Optional<CleanupReply>> cleanupTurn(Duration every, Duration threshold) {
    return statements
        .run(CLEANUP_TURN, Tuple.of(ms(every), ms(threshold)))
        .map(rows -> rows.size() == 0 ? Optional.empty() : Optional.of(cleaned(rows)));
  }

  Uni<CleanupReply> cleanup(long thresholdS) {
    return statements.run(CLEANUP, Tuple.of((double) thresholdS)).map(UpkeepQueries::cleaned);
  }

  Uni<Boolean> housekeeping(Duration gap, Duration retention) {
    return statements
        .run(HOUSEKEEPING, Tuple.of(HOUSEKEEPING_KEY, ms(gap), ms(retention)))
        .map(rows -> rows.iterator().next().getBoolean(0));
  }

  /** How many were forgotten; as many as {@code most} means that there may be more. */
  Uni<Integer> forgetInstances(Duration retention, int most) {
    return statements
        .run(FORGET, Tuple.of(ms(retention), most))
        .map(rows -> rows.iterator().next().getInteger(0));
  }

  private static double ms(Duration duration) {
    return duration.toMillis();
  }

  private static CleanupReply cleaned(RowSet<Row> rows) {
    Row row = rows.iterator().next();
    return new CleanupReply(
        row.getInteger("cleaned_count"), List.of(row.getArrayOfStrings("affected_instances")));
  }
}
