package dev.quintet.autoscaler.metric;

import dev.quintet.autoscaler.metric.MetricIntake.Sender;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The hot path: a batch is one statement. */
@ApplicationScoped
class IntakeQueries {
  /**
   * $1 key hash, $2 node, $3 address, $4 batch, $5 partial, $6 samples refused already; $7 to $10
   * the series, $11 to $13 the samples, $14 and $15 the bounds of their times, $16 the minutes they
   * touch; $17 seconds that raw samples are kept, $18 seconds that a clock may be ahead.
   */
  private static final String STORE =
      """
      SELECT accepted, rejected, duplicate, foreign_samples, late_samples
        FROM autoscaler.node_metrics($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                                     $17::float8 * interval '1 s', $18::float8 * interval '1 s')
      """;

  /** $1 key hash, $2 node, $3 address. */
  private static final String AUTHENTICATE = "SELECT autoscaler.authenticate_node($1, $2, $3)";

  /** No node has this number, so a key is always another's. */
  private static final int NOBODY = -1;

  private final Statements statements;
  private final double keepSeconds;
  private final double aheadSeconds;

  IntakeQueries(Statements statements, MetricConfig config) {
    this.statements = statements;
    this.keepSeconds = config.keep().toSeconds();
    this.aheadSeconds = config.ahead().toSeconds();
  }

  /**
   * What the database did.
   *
   * @param foreign the places, from 1, of good samples whose pool is not one of the node's
   * @param late the same of those whose time is out of range
   */
  record Outcome(
      int accepted, int rejected, boolean duplicate, List<Integer> foreign, List<Integer> late) {}

  Uni<Void> authenticate(Sender sender) {
    return statements
        .run(
            AUTHENTICATE,
            Tuple.tuple()
                .addString(sender.key().hash())
                .addInteger(node(sender))
                .addString(sender.ip()))
        .replaceWithVoid();
  }

  Uni<Outcome> store(Sender sender, ParsedBatch batch, boolean partial) {
    BatchColumns good = batch.good();
    return statements
        .run(
            STORE,
            Tuple.tuple()
                .addString(sender.key().hash())
                .addInteger(node(sender))
                .addString(sender.ip())
                .addUUID(batch.batchId())
                .addBoolean(partial)
                .addInteger(batch.bad())
                .addArrayOfString(good.oraclePoolIds())
                .addArrayOfLong(good.poolIds())
                .addArrayOfString(good.metricTypes())
                .addArrayOfString(good.units())
                .addArrayOfInteger(good.series())
                .addArrayOfDouble(good.values())
                .addArrayOfLong(good.micros())
                .addLong(good.first())
                .addLong(good.last())
                .addArrayOfLong(good.minutes())
                .addDouble(keepSeconds)
                .addDouble(aheadSeconds))
        .map(rows -> outcome(rows.iterator().next()));
  }

  private static Outcome outcome(Row row) {
    return new Outcome(
        row.getInteger("accepted"),
        row.getInteger("rejected"),
        row.getBoolean("duplicate"),
        places(row.getArrayOfIntegers("foreign_samples")),
        places(row.getArrayOfIntegers("late_samples")));
  }

  private static List<Integer> places(Integer @Nullable [] places) {
    return places == null ? List.of() : List.of(places);
  }

  private static int node(Sender sender) {
    return sender.nodeId() > Integer.MAX_VALUE || sender.nodeId() < 0
        ? NOBODY
        : (int) sender.nodeId();
  }
}
