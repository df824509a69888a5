package dev.quintet.common.probe;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.DatabaseProblems;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.ProblemType;
import dev.quintet.common.sql.DatabaseError;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;

/** As a service maps the states that its own functions raise. */
@ApplicationScoped
public class ProbeProblems implements DatabaseProblems {
  enum Kind implements ProblemType {
    UNKNOWN_THING;

    @Override
    public String code() {
      return "unknown_thing";
    }

    @Override
    public int status() {
      return 404;
    }

    @Override
    public String title() {
      return "There is no such thing";
    }
  }

  @Override
  public Optional<ProblemException> problem(DatabaseError error) {
    return switch (error.sqlState()) {
      case "TK404" -> Optional.of(new ProblemException(Kind.UNKNOWN_THING));
      case "TK429" ->
          Optional.of(
              new ProblemException(CommonProblem.TOO_MANY_REQUESTS)
                  .retryAfter(Duration.ofSeconds(1)));
      default -> Optional.empty();
    };
  }
}
