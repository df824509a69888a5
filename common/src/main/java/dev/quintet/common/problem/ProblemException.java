package dev.quintet.common.problem;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request is this problem. Only resources and what reads their input throw it. It
 * has no stack trace: it tells of the client's situation, not of ours. A subclass is one that some
 * callers recover from.
 */
public class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient ProblemType type;
  private final @Nullable String detail;
  private final @Nullable Duration retryAfter;
  private final transient List<Violation> errors;
  private final transient Map<String, Object> members;

  public ProblemException(ProblemType type) {
    this(type, null, null, List.of(), Map.of());
  }

  public ProblemException(ProblemType type, String detail) {
    this(type, detail, null, List.of(), Map.of());
  }

  protected ProblemException(ProblemType type, Duration retryAfter) {
    this(type, null, retryAfter, List.of(), Map.of());
  }

  private ProblemException(
      ProblemType type,
      @Nullable String detail,
      @Nullable Duration retryAfter,
      List<Violation> errors,
      Map<String, Object> members) {
    super(type.code(), null, false, false);
    this.type = type;
    this.detail = detail;
    this.retryAfter = retryAfter;
    this.errors = errors;
    this.members = members;
  }

  /** One code among all violations names the problem; several make it {@code validation_failed}. */
  static ProblemException ofViolations(ProblemType first, List<Violation> all) {
    boolean alike = all.stream().map(Violation::code).distinct().count() == 1;
    return new ProblemException(
        alike ? first : CommonProblem.VALIDATION_FAILED,
        alike && all.size() == 1
            ? described(all.getFirst())
            : all.size() + " values are not acceptable",
        null,
        List.copyOf(all),
        Map.of());
  }

  private static String described(Violation only) {
    String place = only.pointer() != null ? only.pointer() : only.parameter();
    return place == null || place.isEmpty() ? only.detail() : place + " " + only.detail();
  }

  /** Sent as {@code Retry-After} in whole seconds, and exactly as {@code retry_after_ms}. */
  public ProblemException retryAfter(Duration wait) {
    return new ProblemException(type, detail, wait, errors, members);
  }

  /** An extra member of the document, such as {@code current_epoch}. */
  public ProblemException with(String name, @Nullable Object value) {
    if (value == null) {
      return this;
    }
    var more = new LinkedHashMap<>(members);
    more.put(name, value);
    return new ProblemException(type, detail, retryAfter, errors, more);
  }

  public ProblemType type() {
    return type;
  }

  public @Nullable String detail() {
    return detail;
  }

  public @Nullable Duration retryAfter() {
    return retryAfter;
  }

  public List<Violation> errors() {
    return errors;
  }

  public Map<String, Object> members() {
    return members;
  }
}
