package dev.quintet.common.problem;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.sql.DatabaseError;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Map;

/**
 * Reads a problem that an SQL function raised: the code stands where PostgreSQL puts a constraint's
 * name, the message and the hint tell a person, and the detail may be a JSON object of further
 * members, of which {@code retry_after_ms} becomes the {@code Retry-After}.
 */
@ApplicationScoped
public class RaisedProblems {
  private static final String RETRY_AFTER = "retry_after_ms";

  private final ObjectMapper json;

  RaisedProblems(ObjectMapper json) {
    this.json = json;
  }

  /** {@code type}: what the error's constraint names in the service at hand. */
  public ProblemException problem(ProblemType type, DatabaseError error) {
    String hint = error.hint();
    var problem =
        new ProblemException(type, hint == null ? error.message() : error.message() + "; " + hint);
    String detail = error.detail();
    if (detail == null || !detail.startsWith("{")) {
      return problem;
    }
    try {
      for (Map.Entry<String, JsonNode> member : json.readTree(detail).properties()) {
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
}
