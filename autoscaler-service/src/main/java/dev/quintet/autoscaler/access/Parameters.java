package dev.quintet.autoscaler.access;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Reads the query parameters by which lists are restricted, and tells all that is wrong with them
 * in one answer. What was not sent is null and does not restrict.
 */
public final class Parameters {
  private static final Instant EARLIEST = Instant.EPOCH;
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  private final Violations violations = new Violations();

  public @Nullable Integer id(String name, @Nullable String text) {
    int id = text == null ? 0 : RowId.fromString(text).value();
    violations.checkParameter(
        id >= 0, CommonProblem.INVALID_PARAMETER, name, "must be the id of a row");
    return text == null ? null : (Integer) id;
  }

  public @Nullable String oneOf(String name, @Nullable String text, Collection<String> values) {
    violations.checkParameter(
        text == null || values.contains(text),
        CommonProblem.INVALID_PARAMETER,
        name,
        "must be one of " + String.join(", ", values));
    return text;
  }

  /** In UTC, as the SQL client wants it. */
  public @Nullable OffsetDateTime instant(String name, @Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      Instant at = OffsetDateTime.parse(text).toInstant();
      if (!at.isBefore(EARLIEST) && !at.isAfter(LATEST)) {
        return at.atOffset(ZoneOffset.UTC);
      }
    } catch (DateTimeException e) {
      // falls through to the one answer for what is no instant
    }
    violations.addParameter(
        CommonProblem.INVALID_PARAMETER, name, "must be an instant in ISO 8601 from 1970 to 9999");
    return null;
  }

  public void orThrow() {
    violations.orThrow();
  }
}
