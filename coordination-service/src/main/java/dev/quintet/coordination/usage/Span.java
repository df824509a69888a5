package dev.quintet.coordination.usage;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** The time that a question is about; {@code to} is exclusive. */
record Span(Instant from, Instant to) {
  private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");

  /** Reads the two query parameters; what was not sent is as given here. */
  static Span of(@Nullable String from, @Nullable String to, Instant first, Instant last) {
    var violations = new Violations();
    var span =
        new Span(instant(violations, "from", from, first), instant(violations, "to", to, last));
    violations.checkParameter(
        span.from().isBefore(span.to()),
        CoordinationProblem.INVALID_WINDOW,
        "from",
        "must be before to");
    violations.orThrow();
    return span;
  }

  private static Instant instant(
      Violations violations, String name, @Nullable String text, Instant otherwise) {
    if (text == null) {
      return otherwise;
    }
    try {
      Instant at = OffsetDateTime.parse(text).toInstant();
      if (!at.isBefore(Instant.EPOCH) && !at.isAfter(LATEST)) {
        return at;
      }
    } catch (DateTimeException e) {
      // told below
    }
    violations.addParameter(
        CommonProblem.INVALID_PARAMETER,
        name,
        "must be an instant in ISO 8601 from 1970 to 9999, such as 2026-05-04T10:00:00Z");
    return otherwise;
  }
}
