package dev.quintet.common.sql;

import io.vertx.pgclient.PgException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What PostgreSQL said. The state decides what it means; the message is for our log only.
 *
 * @param fatal the session ended or never began: refused, killed, database closed
 */
public record DatabaseError(
    String sqlState,
    boolean fatal,
    String message,
    @Nullable String detail,
    @Nullable String hint,
    @Nullable String constraint) {

  public static DatabaseError of(PgException e) {
    return new DatabaseError(
        e.getSqlState() == null ? "" : e.getSqlState(),
        "FATAL".equals(e.getSeverity()) || "PANIC".equals(e.getSeverity()),
        e.getErrorMessage() == null ? "" : e.getErrorMessage(),
        e.getDetail(),
        e.getHint(),
        e.getConstraint());
  }

  /** Empty: the failure is not the database's word. */
  public static Optional<DatabaseError> in(Throwable failure) {
    return failure instanceof PgException e ? Optional.of(of(e)) : Optional.empty();
  }

  /** Two transactions got in each other's way; either would have succeeded alone. */
  public boolean retryable() {
    return sqlState.equals("40001") || sqlState.equals("40P01");
  }

  /** The server is away, going, coming or full: the same request may succeed in a moment. */
  public boolean unavailable() {
    return fatal
        || sqlState.startsWith("08")
        || sqlState.startsWith("57P0")
        || sqlState.startsWith("53")
        || sqlState.startsWith("58")
        || sqlState.equals("57014") // statement_timeout
        || sqlState.equals("55P03") // lock_timeout
        || sqlState.equals("25006") // read only: a standby during a switch-over
        || retryable();
  }

  /** A value that the schema refuses; the service should have refused it before. */
  public boolean badValue() {
    return sqlState.startsWith("22") || sqlState.startsWith("23") || sqlState.equals("54000");
  }
}
