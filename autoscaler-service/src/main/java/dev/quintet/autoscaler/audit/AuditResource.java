package dev.quintet.autoscaler.audit;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.Cursors;
import dev.quintet.autoscaler.audit.AuditExport.Begun;
import dev.quintet.autoscaler.audit.AuditExport.Format;
import dev.quintet.common.api.autoscaler.AuditActions;
import dev.quintet.common.api.autoscaler.AuditLog;
import dev.quintet.common.api.autoscaler.AuditSummary;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.SealCheck;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestMulti;
import org.jspecify.annotations.Nullable;

/** Who did what, for administrators. */
@Path("/api/v1")
@Tag(name = "audit")
@RolesAllowed(Roles.ADMIN)
public class AuditResource {
  private static final Duration USUAL_SUMMARY = Duration.ofDays(7);
  private static final Duration USUAL_EXPORT = Duration.ofDays(31);

  private final AuditReadQueries queries;
  private final AuditExport exports;
  private final Seals seals;
  private final Actors actors;
  private final Clock clock;

  AuditResource(
      AuditReadQueries queries, AuditExport exports, Seals seals, Actors actors, Clock clock) {
    this.queries = queries;
    this.exports = exports;
    this.seals = seals;
    this.actors = actors;
    this.clock = clock;
  }

  @GET
  @Path("/audit-logs")
  @Operation(
      summary = "The audit trail, newest first",
      description =
          "from is inclusive, to is exclusive; search is a part of who, what or why, in any case.")
  public Uni<Page<AuditLog>> listAuditLogs(
      @QueryParam("category") @Nullable String category,
      @QueryParam("action") @Nullable String action,
      @QueryParam("user_id") @Nullable String userId,
      @QueryParam("resource_type") @Nullable String resourceType,
      @QueryParam("resource_id") @Nullable String resourceId,
      @QueryParam("status") @Nullable String status,
      @QueryParam("from") @Nullable String from,
      @QueryParam("to") @Nullable String to,
      @QueryParam("search") @Nullable String search,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var filter =
        AuditFilter.of(
            category, action, userId, resourceType, resourceId, status, from, to, search);
    var page = PageRequest.of(limit, cursor, 1);
    return queries
        .list(filter, Cursors.below(page), page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.id())));
  }

  @GET
  @Path("/audit-logs/{id}")
  @Operation(summary = "One row of the audit trail")
  @Problems("unknown_audit_log")
  public Uni<AuditLog> findAuditLog(long id) {
    return queries
        .find(id)
        .map(found ->
            found.orElseThrow(() ->
                new ProblemException(AutoscalerProblem.UNKNOWN_AUDIT_LOG, "no audit row " + id)));
  }

  @GET
  @Path("/audit-logs/summary")
  @Operation(
      summary = "How often what was done, and by whom",
      description = "Of the last 7 days unless from and to say otherwise.")
  public Uni<AuditSummary> summarizeAuditLogs(
      @QueryParam("from") @Nullable String from, @QueryParam("to") @Nullable String to) {
    var filter = AuditFilter.of(null, null, null, null, null, null, from, to, null);
    var end = Optional.ofNullable(filter.to()).orElseGet(this::now);
    var start = Optional.ofNullable(filter.from()).orElse(end.minus(USUAL_SUMMARY));
    return queries.summary(start, end);
  }

  @GET
  @Path("/audit-logs/categories")
  @Operation(summary = "The categories with their actions")
  public List<AuditActions> auditCategories() {
    return Arrays.stream(AuditCategory.values())
        .map(category ->
            new AuditActions(
                category.name(),
                Arrays.stream(AuditAction.values())
                    .filter(action -> action.category() == category)
                    .map(Enum::name)
                    .toList()))
        .toList();
  }

  @GET
  @Path("/audit-logs/export")
  @Operation(
      summary = "The audit trail as a file, oldest first",
      description =
          "format is ndjson or csv; the filters are those of the list. Without from it reaches back 31 days from to, and the header"
              + " X-Export-Bounded says so. X-Export-Rows is how many rows come. That it was taken is on record itself.")
  @APIResponse(
      responseCode = "200",
      description = "a row per line",
      content = {
        @Content(
            mediaType = "application/x-ndjson",
            schema = @Schema(implementation = AuditLog.class)),
        @Content(mediaType = "text/csv", schema = @Schema(implementation = String.class))
      })
  public RestMulti<byte[]> exportAuditLogs(
      @QueryParam("format") @Nullable String format,
      @QueryParam("category") @Nullable String category,
      @QueryParam("action") @Nullable String action,
      @QueryParam("user_id") @Nullable String userId,
      @QueryParam("resource_type") @Nullable String resourceType,
      @QueryParam("resource_id") @Nullable String resourceId,
      @QueryParam("status") @Nullable String status,
      @QueryParam("from") @Nullable String from,
      @QueryParam("to") @Nullable String to,
      @QueryParam("search") @Nullable String search) {
    var violations = new Violations();
    violations.checkParameter(
        format == null || format.equals("ndjson") || format.equals("csv"),
        CommonProblem.INVALID_PARAMETER,
        "format",
        "must be ndjson or csv");
    violations.orThrow();
    var asked =
        AuditFilter.of(
            category, action, userId, resourceType, resourceId, status, from, to, search);
    boolean bounded = asked.from() == null;
    var end = Optional.ofNullable(asked.to()).orElseGet(this::now);
    var filter = bounded ? asked.since(end.minus(USUAL_EXPORT)) : asked;
    return RestMulti.fromUniResponse(
        exports.begin(actors.current(), filter, "csv".equals(format) ? Format.CSV : Format.NDJSON),
        exports::pages,
        begun -> headers(begun, bounded));
  }

  @GET
  @Path("/audit-logs/verify")
  @Operation(
      summary = "Is the audit trail as it was sealed?",
      description =
          "Recomputes every seal. Rows of the last minute or two are under none yet. Keep the newest hash elsewhere: whoever could rewrite the"
              + " whole chain could not give it the same end.")
  public Uni<SealCheck> verifyAuditLogs() {
    return seals.verify();
  }

  private OffsetDateTime now() {
    return clock.instant().atOffset(ZoneOffset.UTC);
  }

  private static Map<String, List<String>> headers(Begun begun, boolean bounded) {
    var headers = new LinkedHashMap<String, List<String>>();
    headers.put("Content-Type", List.of(begun.format().mediaType()));
    headers.put("Cache-Control", List.of("no-store"));
    headers.put(
        "Content-Disposition",
        List.of(
            "attachment; filename=\"audit-logs."
                + begun.format().name().toLowerCase(java.util.Locale.ROOT)
                + "\""));
    headers.put("X-Export-Rows", List.of(Long.toString(begun.rows())));
    headers.put(
        "X-Export-From",
        List.of(Objects.requireNonNull(begun.filter().from()).toInstant().toString()));
    if (bounded) {
      headers.put("X-Export-Bounded", List.of("31 days"));
    }
    return headers;
  }
}
