package dev.quintet.autoscaler.problem;

import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.problem.DatabaseProblems;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.RaisedProblems;
import dev.quintet.common.sql.DatabaseError;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * SQL functions raise a state of their own (AS401, AS403, AS404, AS409, AS410, AS412, AS429, or the
 * standard 22023) with the problem's code as the constraint; unique and check constraints that a
 * valid request can run into are named here.
 */
@ApplicationScoped
public class AutoscalerDatabaseProblems implements DatabaseProblems {
  private static final Set<String> RAISED =
      Set.of("AS401", "AS403", "AS404", "AS409", "AS410", "AS412", "AS429", "22023");

  private static final Map<String, AutoscalerProblem> CONSTRAINTS =
      Map.ofEntries(
          Map.entry("users_email_key", AutoscalerProblem.EMAIL_TAKEN),
          Map.entry("uq_users_email_lower", AutoscalerProblem.EMAIL_TAKEN),
          Map.entry("users_keycloak_user_id_key", AutoscalerProblem.KEYCLOAK_USER_TAKEN),
          // Whoever asked for the change was deleted while it was made.
          Map.entry("audit_logs_user_id_fkey", AutoscalerProblem.USER_INACTIVE),
          Map.entry("pools_oracle_pool_id_key", AutoscalerProblem.ORACLE_POOL_ID_TAKEN),
          Map.entry("pools_node_id_fkey", AutoscalerProblem.UNKNOWN_NODE),
          Map.entry("pools_limits_check", AutoscalerProblem.LIMITS_INVALID),
          Map.entry("schedules_node_id_fkey", AutoscalerProblem.UNKNOWN_NODE),
          Map.entry("schedules_pool_id_fkey", AutoscalerProblem.UNKNOWN_POOL),
          Map.entry("scaling_policies_pool_id_fkey", AutoscalerProblem.UNKNOWN_POOL),
          Map.entry("scaling_policies_pool_id_name_key", AutoscalerProblem.POLICY_NAME_TAKEN));

  private final RaisedProblems raised;

  AutoscalerDatabaseProblems(RaisedProblems raised) {
    this.raised = raised;
  }

  @Override
  public Optional<ProblemException> problem(DatabaseError error) {
    String constraint = error.constraint();
    if (constraint == null) {
      return Optional.empty();
    }
    if (RAISED.contains(error.sqlState())) {
      return AutoscalerProblem.ofCode(constraint).map(type -> raised.problem(type, error));
    }
    // The message of PostgreSQL's own errors quotes names of tables: it stays in the log.
    return error.sqlState().startsWith("23")
        ? Optional.ofNullable(CONSTRAINTS.get(constraint)).map(ProblemException::new)
        : Optional.empty();
  }
}
