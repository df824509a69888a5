package dev.quintet.tracker.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;

/** An error as PostgreSQL gave it. */
public final class Refused extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String state;
  private final @Nullable String constraint;
  private final @Nullable String detail;

  Refused(String sql, SQLException cause) {
    super(cause.getMessage() + "\nin: " + sql, cause);
    var fields = cause instanceof PSQLException pg ? pg.getServerErrorMessage() : null;
    this.state = String.valueOf(cause.getSQLState());
    this.constraint = fields == null ? null : fields.getConstraint();
    this.detail = fields == null ? null : fields.getDetail();
  }

  /** SQLSTATE. */
  public String state() {
    return state;
  }

  /** The code of the problem, or the broken constraint. */
  public String code() {
    return String.valueOf(constraint);
  }

  /** SQLSTATE and code in one, as tests name them. */
  public String kind() {
    return constraint == null ? state : state + " " + constraint;
  }

  public JsonNode detail() {
    try {
      return detail == null ? MissingNode.getInstance() : Session.JSON.readTree(detail);
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }
}
