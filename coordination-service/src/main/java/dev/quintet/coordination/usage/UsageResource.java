package dev.quintet.coordination.usage;

import dev.quintet.common.api.coordination.AiUsage;
import dev.quintet.common.api.coordination.AiUsageReceipt;
import dev.quintet.common.api.coordination.AiUsageReport;
import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import dev.quintet.coordination.usage.UsageQueries.Listing;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Calls of models, as those who made them report them. */
@Path("/api/v1")
@Tag(name = "usage")
public class UsageResource {
  private static final int LARGEST_BATCH = 1_000;
  private static final Duration AHEAD = Duration.ofHours(1);
  private static final OffsetDateTime END = OffsetDateTime.parse("9999-12-31T00:00:00Z");
  private static final UUID LAST_ID = UUID.fromString("ffffffff-ffff-ffff-ffff-ffffffffffff");

  private final Usages usages;
  private final UsageQueries queries;
  private final Callers callers;
  private final Clock clock;
  private final MeterRegistry meters;

  UsageResource(
      Usages usages, UsageQueries queries, Callers callers, Clock clock, MeterRegistry meters) {
    this.usages = usages;
    this.queries = queries;
    this.callers = callers;
    this.clock = clock;
    this.meters = meters;
  }

  @POST
  @Path("/ai-usage")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Record calls of models",
      description =
          "Up to 1000, all or none. A record whose request_id is known is a duplicate and changes nothing, so a batch may be sent until it is"
              + " answered.")
  @Problems({
    "batch_too_large",
    "invalid_usage",
    "invalid_state",
    "invalid_key_segment",
    "unknown_user",
    "required",
    "invalid_value"
  })
  public Uni<AiUsageReceipt> recordUsage(AiUsageReport report) {
    int sent = report.records().size();
    if (sent > LARGEST_BATCH) {
      throw new ProblemException(
              CoordinationProblem.BATCH_TOO_LARGE, sent + " records in one request")
          .with("limit", LARGEST_BATCH);
    }
    var violations = new Violations();
    // Here and not in the record, from which what is wrong has been taken out before it is made.
    violations.check(
        sent > 0 && report.records().stream().noneMatch(Objects::isNull),
        CommonProblem.INVALID_VALUE,
        "/records",
        "must not be empty, nor hold null");
    violations.orThrow();
    return usages
        .record(report.records())
        .invoke(stored -> {
          meters.counter("coordination.usage.records", "outcome", "accepted").increment(stored);
          meters
              .counter("coordination.usage.records", "outcome", "duplicate")
              .increment(sent - stored);
        })
        .map(stored -> new AiUsageReceipt(stored, sent - stored));
  }

  @GET
  @Path("/ai-usage")
  @RolesAllowed(Roles.USER)
  @Operation(
      summary = "Calls of models, newest first",
      description = "One's own; an administrator sees all. from and to (exclusive) bound the time.")
  @Problems({"invalid_window", "invalid_parameter", "invalid_limit", "invalid_cursor"})
  public Uni<Page<AiUsage>> usage(
      @QueryParam("model") @Nullable String model,
      @QueryParam("from") @Nullable String from,
      @QueryParam("to") @Nullable String to,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var span = Span.of(from, to, Instant.EPOCH, clock.instant().plus(AHEAD));
    var page = PageRequest.of(limit, cursor, 2);
    var listing =
        new Listing(
            model,
            span.from().atOffset(ZoneOffset.UTC),
            span.to().atOffset(ZoneOffset.UTC),
            page.cursor().map(UsageResource::before).orElse(END),
            page.cursor().map(UsageResource::beforeId).orElse(LAST_ID));
    return queries
        .list(callers.current(), listing, page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.createdAt(), row.id())));
  }

  private static OffsetDateTime before(Cursor cursor) {
    try {
      var at = Instant.parse(cursor.text(0)).atOffset(ZoneOffset.UTC);
      if (at.getYear() >= 1970 && !at.isAfter(END)) {
        return at;
      }
    } catch (DateTimeException e) {
      // falls through to the one answer for every broken cursor
    }
    throw Cursor.invalid();
  }

  private static UUID beforeId(Cursor cursor) {
    try {
      return UUID.fromString(cursor.text(1));
    } catch (IllegalArgumentException e) {
      throw Cursor.invalid();
    }
  }
}
