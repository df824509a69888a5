package dev.quintet.autoscaler.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.autoscaler.access.Actor;
import dev.quintet.common.api.autoscaler.AuditLog;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The audit trail as a stream, a page of rows at a time: the next is read when the reader has taken
 * the last, so that neither an export's length nor a slow reader costs memory or a transaction.
 */
@ApplicationScoped
class AuditExport {
  private static final int PAGE = 500;

  /** What a spreadsheet would take for a formula. */
  private static final String FORMULA = "=+-@\t\r";

  private static final String COLUMNS =
      "id,user_id,user_email,user_role,action,category,resource_type,resource_id,resource_name,description,details,ip_address,user_agent,"
          + "status,error_message,timestamp\r\n";

  private final AuditReadQueries queries;
  private final Statements statements;
  private final Changes changes;
  private final ObjectMapper json;

  AuditExport(AuditReadQueries queries, Statements statements, Changes changes, ObjectMapper json) {
    this.queries = queries;
    this.statements = statements;
    this.changes = changes;
    this.json = json;
  }

  /** The two shapes. */
  enum Format {
    NDJSON("application/x-ndjson"),
    CSV("text/csv; charset=utf-8");

    private final String mediaType;

    Format(String mediaType) {
      this.mediaType = mediaType;
    }

    String mediaType() {
      return mediaType;
    }
  }

  /** An export that is on record and may begin. */
  record Begun(AuditFilter filter, Format format, long rows, long lastId) {}

  /** Who takes the trail away is part of it; his own row is not part of what he takes. */
  Uni<Begun> begin(Actor actor, AuditFilter filter, Format format) {
    return statements.together(tx ->
        queries
            .extent(tx, filter)
            .map(extent -> new Begun(filter, format, extent.rows(), extent.lastId()))
            .call(begun ->
                changes.record(
                    tx,
                    actor,
                    AuditAction.AUDIT_EXPORTED,
                    Change.of(Effect.of(200, null))
                        .with("filter", filter)
                        .with("format", format.name())
                        .with("rows", begun.rows()))));
  }

  Multi<byte[]> pages(Begun export) {
    var behind = new AtomicLong(Long.MIN_VALUE);
    Multi<byte[]> rows =
        Multi.createBy()
            .repeating()
            .uni(() ->
                queries
                    .export(export.filter(), behind.get(), export.lastId(), PAGE)
                    .invoke(page -> {
                      if (!page.isEmpty()) {
                        behind.set(page.getLast().id());
                      }
                    }))
            .whilst(page -> page.size() == PAGE)
            .map(page -> written(page, export.format()).getBytes(StandardCharsets.UTF_8));
    return export.format() == Format.CSV
        ? Multi.createBy()
            .concatenating()
            .streams(Multi.createFrom().item(COLUMNS.getBytes(StandardCharsets.US_ASCII)), rows)
        : rows;
  }

  private String written(List<AuditLog> page, Format format) {
    return page.stream()
        .map(log -> format == Format.CSV ? csv(log) : json(log) + "\n")
        .collect(Collectors.joining());
  }

  private String csv(AuditLog log) {
    return Stream.of(
                log.id(),
                log.userId(),
                log.userEmail(),
                log.userRole(),
                log.action(),
                log.category(),
                log.resourceType(),
                log.resourceId(),
                log.resourceName(),
                log.description(),
                log.details() == null ? null : json(log.details()),
                log.ipAddress(),
                log.userAgent(),
                log.status(),
                log.errorMessage(),
                log.timestamp())
            .map(AuditExport::cell)
            .collect(Collectors.joining(","))
        + "\r\n";
  }

  /** As RFC 4180 wants it; a formula becomes a text. */
  static String cell(@Nullable Object value) {
    String text = value == null ? "" : value.toString();
    if (!text.isEmpty() && FORMULA.indexOf(text.charAt(0)) >= 0) {
      text = "'" + text;
    }
    boolean quoted = text.chars().anyMatch(c -> c == '"' || c == ',' || c == '\n' || c == '\r');
    return quoted ? '"' + text.replace("\"", "\"\"") + '"' : text;
  }

  private String json(Object value) {
    try {
      return json.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a row cannot be written", e);
    }
  }
}
