package dev.quintet.tracker.problem;

import dev.quintet.common.api.tracker.TrackerProblem;
import dev.quintet.common.problem.DatabaseProblems;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.ProblemType;
import dev.quintet.common.problem.RaisedProblems;
import dev.quintet.common.sql.DatabaseError;
import dev.quintet.tracker.metric.TrackerMetrics;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Our SQL functions raise a state of their own (TK404, TK409, TK410, TK412, or the standard 22023
 * and 23505), put the problem's code where PostgreSQL puts a constraint's name, and further members
 * of the problem document as JSON into the detail.
 */
@ApplicationScoped
public class TrackerDatabaseProblems implements DatabaseProblems {
  private static final Set<String> OURS =
      Set.of("TK404", "TK409", "TK410", "TK412", "22023", "23505");

  /** Constraints that a valid request can run into, by what they guard. */
  private static final Map<String, ProblemType> CONSTRAINTS =
      Map.of("clusters_pkey", TrackerProblem.CLUSTER_EXISTS);

  private final RaisedProblems raised;
  private final TrackerMetrics metrics;

  TrackerDatabaseProblems(RaisedProblems raised, TrackerMetrics metrics) {
    this.raised = raised;
    this.metrics = metrics;
  }

  @Override
  public Optional<ProblemException> problem(DatabaseError error) {
    String constraint = error.constraint();
    if (constraint == null) {
      return Optional.empty();
    }
    if (error.sqlState().equals("23514") && constraint.startsWith("clusters_")) {
      return Optional.of(
          new ProblemException(
              TrackerProblem.INVALID_SETTING, "out of range: " + setting(constraint)));
    }
    if (!OURS.contains(error.sqlState())) {
      return Optional.empty();
    }
    ProblemType type = CONSTRAINTS.get(constraint);
    if (type == null) {
      type = TrackerProblem.ofCode(constraint).orElse(null);
    }
    if (type == null) {
      return Optional.empty();
    }
    metrics.denied(type.code());
    return Optional.of(raised.problem(type, error));
  }

  private static String setting(String constraint) {
    return constraint.replaceFirst("^clusters_", "").replaceFirst("_check\\d*$", "");
  }
}
