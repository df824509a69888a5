package dev.quintet.tracker.postgrest;

import dev.quintet.common.sql.DatabaseError;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Runs what {@link Statement} wrote. */
@ApplicationScoped
public class PostgrestQueries {
  private static final Logger LOG = Logger.getLogger(PostgrestQueries.class);

  private final Statements statements;

  PostgrestQueries(Statements statements) {
    this.statements = statements;
  }

  /**
   * @param body JSON array; empty where no representation was asked for
   * @param total rows without the range; null where nobody asked
   * @param firstId the row's id where there is one row
   */
  record Outcome(
      String body, long rows, @Nullable Long total, long inserted, @Nullable String firstId) {}

  Uni<Outcome> run(Statement statement) {
    return statements
        .run(statement.sql(), Tuple.tuple(List.copyOf(statement.values())))
        .map(PostgrestQueries::outcome)
        .onFailure(PgException.class)
        .transform(PostgrestQueries::refused);
  }

  /** Undoes all when it is not about exactly one row. */
  Uni<Outcome> runSingular(Statement statement) {
    return statements
        .together(tx ->
            tx.preparedQuery(statement.sql())
                .execute(Tuple.tuple(List.copyOf(statement.values())))
                .map(PostgrestQueries::outcome)
                .invoke(PostgrestQueries::refuseUnlessOne))
        .onFailure(PgException.class)
        .transform(PostgrestQueries::refused);
  }

  static void refuseUnlessOne(Outcome outcome) {
    if (outcome.rows() != 1) {
      throw Refused.notSingular(outcome.rows());
    }
  }

  private static Throwable refused(Throwable e) {
    var refused = Refused.byDatabase(DatabaseError.of((PgException) e));
    if (refused.status() == 500) {
      LOG.error("event=internal_error path=/rest/v1", e);
    }
    return refused;
  }

  private static Outcome outcome(RowSet<Row> rows) {
    Row row = rows.iterator().next();
    return new Outcome(
        row.getString("body"),
        row.getLong("rows"),
        row.getLong("total"),
        row.getLong("inserted"),
        row.getString("first_id"));
  }
}
