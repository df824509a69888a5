package dev.quintet.common.problem;

import dev.quintet.common.sql.DatabaseError;
import java.util.Optional;

/**
 * What an error raised by the database means in one service. A service has a bean of this type; its
 * word comes before the general rules of {@link ProblemMappers}.
 */
public interface DatabaseProblems {
  /** Empty: not one of mine. */
  Optional<ProblemException> problem(DatabaseError error);
}
