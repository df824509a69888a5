package dev.quintet.common.sql;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Function;
import java.util.zip.CRC32;

/**
 * Work that at most one replica does at a time. Only transaction-level advisory locks: they end
 * with the transaction, whatever happens to the replica, and they pass through a connection pooler.
 */
@ApplicationScoped
public class FleetLocks {
  /** $1 key. One row; false: another replica is at it. */
  private static final String TRY = "SELECT pg_try_advisory_xact_lock($1)";

  private final Statements statements;

  FleetLocks(Statements statements) {
    this.statements = statements;
  }

  /** Advisory locks are shared by the whole database: the schema is the upper half of the key. */
  public static long key(String schema, String job) {
    return (crc(schema) << 32) | crc(job);
  }

  /**
   * Empty: another replica is at it. One at a time is not once per tick: claim the tick in a table
   * for that.
   */
  public <T> Uni<Optional<T>> inTurn(long key, Function<SqlConnection, Uni<T>> work) {
    return statements.together(tx ->
        tx.preparedQuery(TRY)
            .execute(Tuple.of(key))
            .map(rows -> rows.iterator().next().getBoolean(0))
            .chain(mine ->
                mine ? work.apply(tx).map(Optional::of) : Uni.createFrom().item(Optional.empty())));
  }

  private static long crc(String text) {
    var crc = new CRC32();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    return crc.getValue();
  }
}
