package dev.quintet.autoscaler.evaluation;

import dev.quintet.common.api.autoscaler.Explanation;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Stored decisions, with the number that they got when they were stored. */
@ApplicationScoped
class DecisionQueries {
  /**
   * $1 pool, $2 event, $3 code, $4 dry_run, each NULL for any, $5 id to start below, $6 rows.
   * Newest first. No row: no such pool.
   */
  private static final String LIST =
      """
      SELECT d.row
        FROM autoscaler.pools p
        LEFT JOIN LATERAL (
          SELECT d.id, (d.explanation || jsonb_build_object('decision_id', d.id))::text AS row
            FROM autoscaler.scaling_decisions d
           WHERE d.pool_id = p.id AND d.id < $5
             AND ($2::text IS NULL OR d.event = $2)
             AND ($3::text IS NULL OR d.code = $3)
             AND ($4::boolean IS NULL OR d.dry_run = $4)
           ORDER BY d.id DESC
           LIMIT $6) AS d ON true
       WHERE p.id = $1
       ORDER BY d.id DESC
      """;

  /** $1 decision. No row: there is none. */
  private static final String FIND =
      """
      SELECT (d.explanation || jsonb_build_object('decision_id', d.id))::text AS row
        FROM autoscaler.scaling_decisions d WHERE d.id = $1
      """;

  private final Statements statements;
  private final JsonRows json;

  DecisionQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  /** What a list is restricted to; null does not restrict. */
  record Filter(@Nullable String event, @Nullable String code, @Nullable Boolean dryRun) {}

  /** Empty: there is no such pool. */
  Uni<Optional<List<Explanation>>> list(int pool, Filter filter, long below, int rows) {
    return statements
        .run(LIST, Tuple.of(pool, filter.event(), filter.code(), filter.dryRun(), below, rows))
        .map(found ->
            found.size() == 0
                ? Optional.empty()
                : Optional.of(json.of(found, "row", Explanation.class)));
  }

  Uni<Optional<Explanation>> find(long id) {
    return statements
        .run(FIND, Tuple.of(id))
        .map(found -> json.of(found, "row", Explanation.class).stream().findFirst());
  }
}
