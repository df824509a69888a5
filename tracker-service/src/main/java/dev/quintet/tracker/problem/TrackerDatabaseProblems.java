package dev.quintet.tracker.problem;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.api.tracker.TrackerProblem;
import dev.quintet.common.problem.DatabaseProblems;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.ProblemType;
import dev.quintet.common.sql.DatabaseError;
import dev.quintet.tracker.metric.TrackerMetrics;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Our SQL functions raise a state of their own (TK404, TK409, TK410, TK412, or the standard 22023
 * and 23505), put the problem's code where PostgreSQL puts a constraint's name, and further members
 * of the problem document as JSON into the detail.
 */
@ApplicationScoped
public class TrackerDatabaseProblems implements DatabaseProblems {
  private static final Set<String> OURS =
      Set.of("TK404", "TK409", "TK410", "TK412", "22023", "23505");
  private static final String RETRY_AFTER = "retry_after_ms";

  /** Constraints that a valid request can run into, by what they guard. */
  private static final Map<String, ProblemType> CONSTRAINTS =
      Map.of("clusters_pkey", TrackerProblem.CLUSTER_EXISTS);

  private final ObjectMapper json;
  private final TrackerMetrics metrics;

  TrackerDatabaseProblems(ObjectMapper json, TrackerMetrics metrics) {
    this.json = json;
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
    String hint = error.hint();
    var problem =
        new ProblemException(type, hint == null ? error.message() : error.message() + "; " + hint);
    return Optional.of(withMembers(problem, error.detail()));
  }

  private ProblemException withMembers(ProblemException problem, @Nullable String detail) {
    if (detail == null || !detail.startsWith("{")) {
      return problem;
    }
    try {
      var members = json.readTree(detail);
      for (Map.Entry<String, JsonNode> member : members.properties()) {
        problem =
            member.getKey().equals(RETRY_AFTER)
                ? problem.retryAfter(Duration.ofMillis(member.getValue().asLong()))
                : problem.with(member.getKey(), member.getValue());
      }
      return problem;
    } catch (JsonProcessingException e) {
      return problem;
    }
  }

  private static String setting(String constraint) {
    return constraint.replaceFirst("^clusters_", "").replaceFirst("_check\\d*$", "");
  }
}
