package dev.quintet.autoscaler.access;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The preconditions of RFC 9110, 13.1. A tag is given and compared with its quotes. */
public final class IfMatch {
  private static final String ANY = "*";
  private static final String WEAK = "W/";

  private IfMatch() {}

  /** A header that was not sent asks for nothing. A weak tag never matches here. */
  public static void check(@Nullable String header, @Nullable String current) {
    if (header == null
        || (current != null && (header.strip().equals(ANY) || names(header, current)))) {
      return;
    }
    throw new ProblemException(
            CommonProblem.PRECONDITION_FAILED, "read it again, and decide on what it is now")
        .with("current_etag", current);
  }

  /** For If-None-Match, where a weak tag does. */
  public static boolean knows(@Nullable String header, String current) {
    return header != null
        && (header.strip().equals(ANY) || names(header.replace(WEAK, ""), current));
  }

  private static boolean names(String header, String current) {
    return Arrays.stream(header.split(",")).anyMatch(tag -> tag.strip().equals(current));
  }
}
