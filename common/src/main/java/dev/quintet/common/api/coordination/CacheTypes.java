package dev.quintet.common.api.coordination;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What kinds of values are cached. */
public final class CacheTypes {
  public static final String DOCUMENT = "document";
  public static final String ENHANCEMENT = "enhancement";

  /** The seed's; there are no values of the last kind, whose searches are quick enough. */
  public static final List<String> ALL = List.of(DOCUMENT, ENHANCEMENT, "similarity");

  private CacheTypes() {}

  static void check(Violations violations, @Nullable String type, @Nullable String model) {
    violations.check(
        DOCUMENT.equals(type) || ENHANCEMENT.equals(type),
        CoordinationProblem.INVALID_CACHE_TYPE,
        "/type",
        "must be document or enhancement");
    if (ENHANCEMENT.equals(type)) {
      Segments.checkModel(violations, model, "/model");
    } else {
      violations.check(
          model == null, CommonProblem.INVALID_VALUE, "/model", "is of enhancements only");
    }
  }
}
