package dev.quintet.common.problem;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong with a request.
 *
 * @param pointer JSON pointer into the body; absent when a parameter is at fault
 * @param parameter name of a path, query or header parameter; absent when the body is at fault
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Violation(
    @Nullable String pointer, @Nullable String parameter, String code, String detail) {
  private static final Pattern ELEMENT = Pattern.compile(".*/[0-9]+");

  /**
   * Whether the other one is about this place, or about something in it that was taken out for
   * that: what is said of an element then, or of the absence of a member, only follows.
   */
  boolean follows(Violation other) {
    return samePlace(other)
        || (pointer != null
            && other.pointer != null
            && other.pointer.startsWith(pointer + "/")
            && (ELEMENT.matcher(pointer).matches() || code.equals(CommonProblem.REQUIRED.code())));
  }

  private boolean samePlace(Violation other) {
    return pointer != null
        ? pointer.equals(other.pointer)
        : parameter != null && parameter.equals(other.parameter);
  }
}
