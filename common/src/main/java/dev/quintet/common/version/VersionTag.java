package dev.quintet.common.version;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The entity tag of something whose row counts its changes: the number in quotes. */
public final class VersionTag {
  private static final String ANY = "*";

  private VersionTag() {}

  public static String of(int version) {
    return "\"" + version + "\"";
  }

  /**
   * Throws {@code precondition_failed}, with the version that is, where If-Match is there and names
   * another one. Called with the row locked; the header may list several tags.
   */
  public static void check(@Nullable String ifMatch, int version) {
    if (ifMatch == null || ifMatch.isBlank()) {
      return;
    }
    boolean named =
        Arrays.stream(ifMatch.split(",", -1))
            .map(String::strip)
            .anyMatch(tag -> tag.equals(ANY) || tag.equals(of(version)));
    if (!named) {
      throw new ProblemException(
              CommonProblem.PRECONDITION_FAILED,
              "it is at version " + version + " now; read it again and decide anew")
          .with("current_version", version);
    }
  }
}
