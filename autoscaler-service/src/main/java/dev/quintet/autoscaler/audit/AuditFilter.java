package dev.quintet.autoscaler.audit;

import dev.quintet.autoscaler.access.Parameters;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which rows are wanted; null: any.
 *
 * @param from inclusive
 * @param to exclusive
 * @param search a part of who, what, or why, in any case
 */
record AuditFilter(
    @Nullable String category,
    @Nullable String action,
    @Nullable Integer userId,
    @Nullable String resourceType,
    @Nullable String resourceId,
    @Nullable String status,
    @Nullable OffsetDateTime from,
    @Nullable OffsetDateTime to,
    @Nullable String search) {
  private static final List<String> STATUSES = List.of("SUCCESS", "FAILURE");
  private static final List<String> CATEGORIES =
      Arrays.stream(AuditCategory.values()).map(Enum::name).toList();

  /** Reads the query parameters as they came, so that one answer tells all that is wrong. */
  static AuditFilter of(
      @Nullable String category,
      @Nullable String action,
      @Nullable String userId,
      @Nullable String resourceType,
      @Nullable String resourceId,
      @Nullable String status,
      @Nullable String from,
      @Nullable String to,
      @Nullable String search) {
    var parameters = new Parameters();
    var filter =
        new AuditFilter(
            parameters.oneOf("category", category, CATEGORIES),
            action,
            parameters.id("user_id", userId),
            resourceType,
            resourceId,
            parameters.oneOf("status", status, STATUSES),
            parameters.instant("from", from),
            parameters.instant("to", to),
            search);
    parameters.orThrow();
    filter.checkOrder();
    return filter;
  }

  private void checkOrder() {
    var violations = new Violations();
    violations.checkParameter(
        from == null || to == null || from.isBefore(to),
        CommonProblem.INVALID_PARAMETER,
        "to",
        "must be after from");
    violations.orThrow();
  }

  AuditFilter since(OffsetDateTime start) {
    return new AuditFilter(
        category, action, userId, resourceType, resourceId, status, start, to, search);
  }
}
