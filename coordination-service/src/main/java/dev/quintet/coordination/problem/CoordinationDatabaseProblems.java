package dev.quintet.coordination.problem;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.problem.DatabaseProblems;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.RaisedProblems;
import dev.quintet.common.sql.DatabaseError;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * SQL functions raise a state of their own (CO404, CO409, CO422, CO503) with the problem's code as
 * the constraint; constraints that a valid request can run into are named here.
 */
@ApplicationScoped
public class CoordinationDatabaseProblems implements DatabaseProblems {
  private static final Set<String> RAISED = Set.of("CO404", "CO409", "CO422", "CO503");

  private static final Map<String, CoordinationProblem> CONSTRAINTS =
      Map.of(
          "distributed_locks_lease_id_key", CoordinationProblem.LEASE_ID_REUSED,
          "perceptual_hashes_document_id_fkey", CoordinationProblem.UNKNOWN_DOCUMENT,
          "similarity_vetoes_document_id_fkey", CoordinationProblem.UNKNOWN_DOCUMENT,
          "cache_metadata_document_id_fkey", CoordinationProblem.UNKNOWN_DOCUMENT,
          "cache_metadata_user_id_fkey", CoordinationProblem.UNKNOWN_USER,
          "documents_user_id_fkey", CoordinationProblem.UNKNOWN_USER,
          "ai_usage_tracking_user_id_fkey", CoordinationProblem.UNKNOWN_USER,
          "ai_usage_tracking_document_id_fkey", CoordinationProblem.UNKNOWN_DOCUMENT);

  private final RaisedProblems raised;

  CoordinationDatabaseProblems(RaisedProblems raised) {
    this.raised = raised;
  }

  @Override
  public Optional<ProblemException> problem(DatabaseError error) {
    String constraint = error.constraint();
    if (constraint == null) {
      return Optional.empty();
    }
    if (RAISED.contains(error.sqlState())) {
      return CoordinationProblem.ofCode(constraint).map(type -> raised.problem(type, error));
    }
    // The message of PostgreSQL's own errors quotes names of tables: it stays in the log.
    return error.sqlState().startsWith("23")
        ? Optional.ofNullable(CONSTRAINTS.get(constraint)).map(ProblemException::new)
        : Optional.empty();
  }
}
