package dev.quintet.autoscaler.evaluation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads what decisions are made of, and stores them. */
@ApplicationScoped
class EvaluationQueries {
  /** $1 node or NULL, $2 verdicts as JSON. One row: a JSON array of answers. */
  private static final String STORE =
      "SELECT autoscaler.store_decisions($1, $2::text::json)::text AS row";

  /**
   * $1 pool, $2 instant or NULL for now, $3 seconds to look back at least, $4 metrics. One row: a
   * JSON array, empty for no such pool.
   */
  private static final String ONE =
      """
      SELECT autoscaler.decision_inputs(ARRAY[$1::integer], coalesce($2::timestamptz, now()), $3, $4)::text AS row
      """;

  /**
   * $1 pool to start behind, $2 most. One row: a JSON array of the next pools for which something
   * can change between heartbeats.
   */
  private static final String NEXT =
      """
      SELECT autoscaler.decision_inputs(ARRAY(
        SELECT p.id FROM autoscaler.pools p
         WHERE p.id > $1 AND p.last_seen_at IS NOT NULL
           AND (EXISTS (SELECT FROM autoscaler.pool_scaling_state s WHERE s.pool_id = p.id AND (s.live OR p.control_mode <> 'off'))
                OR p.control_mode <> 'off'
                   AND (EXISTS (SELECT FROM autoscaler.scaling_policies q WHERE q.pool_id = p.id AND q.enabled)
                        OR EXISTS (SELECT FROM autoscaler.pool_overrides o WHERE o.pool_id = p.id)
                        OR EXISTS (SELECT FROM autoscaler.schedules c
                                    WHERE c.node_id = p.node_id AND (c.pool_id IS NULL OR c.pool_id = p.id) AND c.is_active)))
         ORDER BY p.id LIMIT $2), now())::text AS row
      """;

  /** $1 job, $2 its period in ms. A row: this replica has the tick. */
  private static final String CLAIM =
      """
      WITH past AS (DELETE FROM autoscaler.job_ticks WHERE job = $1 AND tick < now() - interval '1 day')
      INSERT INTO autoscaler.job_ticks (job, tick)
      VALUES ($1, date_bin($2 * interval '1 ms', now(), 'epoch'))
      ON CONFLICT DO NOTHING
      RETURNING tick
      """;

  private static final TypeReference<List<PoolInput>> INPUTS = new TypeReference<>() {};
  private static final TypeReference<List<Stored>> ANSWERS = new TypeReference<>() {};

  private final Statements statements;
  private final ObjectMapper json;

  EvaluationQueries(Statements statements, ObjectMapper json) {
    this.statements = statements;
    this.json = json;
  }

  /**
   * What became of a verdict.
   *
   * @param stored false: another evaluation was first, or a setting has changed
   * @param decisionId the newest decision now; with target, live and code how the pool stands
   */
  record Stored(
      int poolId,
      boolean stored,
      @Nullable Long decisionId,
      long generation,
      int target,
      boolean live,
      @Nullable String code) {}

  Uni<List<Stored>> store(@Nullable Integer node, List<Verdict> verdicts) {
    return statements
        .run(STORE, Tuple.of(node, written(verdicts)))
        .map(rows -> read(rows, ANSWERS));
  }

  /**
   * Empty: there is no such pool.
   *
   * @param reachSeconds what the pool's own policies need is read in any case, and more metrics
   */
  Uni<Optional<PoolInput>> input(
      int pool, @Nullable Instant at, int reachSeconds, List<String> metrics) {
    return statements
        .run(
            ONE,
            Tuple.of(
                pool,
                at == null ? null : at.atOffset(ZoneOffset.UTC),
                reachSeconds,
                metrics.toArray(String[]::new)))
        .map(rows -> read(rows, INPUTS).stream().findFirst());
  }

  Uni<List<PoolInput>> next(int behind, int most) {
    return statements.run(NEXT, Tuple.of(behind, most)).map(rows -> read(rows, INPUTS));
  }

  Uni<Boolean> claim(String job, Duration period) {
    return statements
        .run(CLAIM, Tuple.of(job, (double) period.toMillis()))
        .map(rows -> rows.size() > 0);
  }

  private <T> T read(RowSet<Row> rows, TypeReference<T> type) {
    try {
      return json.readValue(rows.iterator().next().getString("row"), type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a statement and " + type.getType() + " differ", e);
    }
  }

  private String written(List<Verdict> verdicts) {
    try {
      return json.writeValueAsString(verdicts);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a verdict cannot be written", e);
    }
  }
}
