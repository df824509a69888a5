package dev.quintet.common.sql;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Runs statements with a deadline. What another transaction got in the way of is tried again, at
 * most three times: PostgreSQL has undone all of it, so nothing happens twice.
 */
@ApplicationScoped
public class Statements {
  private final Pool pool;
  private final Duration deadline;

  Statements(
      Pool pool,
      @ConfigProperty(name = "quintet.pg.deadline", defaultValue = "10s") Duration deadline) {
    this.pool = pool;
    this.deadline = deadline;
  }

  /** One prepared statement: one round trip, its own transaction. */
  public Uni<RowSet<Row>> run(String sql, Tuple values) {
    return safely(deadline, () -> pool.preparedQuery(sql).execute(values));
  }

  public Uni<RowSet<Row>> run(String sql) {
    return safely(deadline, () -> pool.preparedQuery(sql).execute());
  }

  /** Several statements that hold or fail together. {@code work} may run more than once. */
  public <T> Uni<T> together(Function<SqlConnection, Uni<T>> work) {
    return safely(deadline, () -> pool.withTransaction(work));
  }

  /**
   * As {@link #together(Function)}, for what an operator asks for once and may take long, such as
   * deleting something with all its history.
   *
   * @param atMost for all of it, here and in the database
   */
  public <T> Uni<T> together(Duration atMost, Function<SqlConnection, Uni<T>> work) {
    String limit = "SET LOCAL statement_timeout = " + atMost.toMillis();
    return safely(
        atMost,
        () -> pool.withTransaction(tx -> tx.query(limit).execute().chain(() -> work.apply(tx))));
  }

  private static <T> Uni<T> safely(Duration deadline, Supplier<Uni<? extends T>> attempt) {
    return Uni.createFrom()
        .<T>deferred(attempt)
        .onFailure(Statements::inTheWay)
        .retry()
        .withBackOff(Duration.ofMillis(5), Duration.ofMillis(100))
        .withJitter(0.9)
        .atMost(3)
        .ifNoItem()
        .after(deadline)
        .fail();
  }

  private static boolean inTheWay(Throwable failure) {
    return failure instanceof PgException e && DatabaseError.of(e).retryable();
  }
}
