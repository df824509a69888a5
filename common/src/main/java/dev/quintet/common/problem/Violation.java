package dev.quintet.common.problem;

import com.fasterxml.jackson.annotation.JsonInclude;
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

  boolean samePlace(Violation other) {
    return pointer != null
        ? pointer.equals(other.pointer)
        : parameter != null && parameter.equals(other.parameter);
  }
}
