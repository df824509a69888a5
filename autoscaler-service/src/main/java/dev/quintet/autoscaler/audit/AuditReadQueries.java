package dev.quintet.autoscaler.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.api.autoscaler.AuditLog;
import dev.quintet.common.api.autoscaler.AuditSummary;
import dev.quintet.common.api.autoscaler.AuditSummary.Count;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads audit_logs. The filter's values are $1 to $9 everywhere, NULL for any. */
@ApplicationScoped
class AuditReadQueries {
  /** $10 id below which, $11 limit. Newest first. */
  private static final String LIST =
      """
      SELECT id, user_id, user_email, user_role, action, category, resource_type, resource_id, resource_name, description, details,
             ip_address, user_agent, status, error_message, "timestamp"
        FROM autoscaler.audit_logs
       WHERE ($1::text IS NULL OR category = $1) AND ($2::text IS NULL OR action = $2) AND ($3::integer IS NULL OR user_id = $3)
         AND ($4::text IS NULL OR resource_type = $4) AND ($5::text IS NULL OR resource_id = $5) AND ($6::text IS NULL OR status = $6)
         AND ($7::timestamptz IS NULL OR "timestamp" >= $7) AND ($8::timestamptz IS NULL OR "timestamp" < $8)
         AND ($9::text IS NULL OR position(lower($9) IN lower(concat_ws(' ', user_email, action, resource_type, resource_id, resource_name,
                                                                       description, error_message))) > 0)
         AND id < $10
       ORDER BY id DESC
       LIMIT $11
      """;

  /** $10 id above which, $11 last id, $12 limit. Oldest first. */
  private static final String EXPORT =
      """
      SELECT id, user_id, user_email, user_role, action, category, resource_type, resource_id, resource_name, description, details,
             ip_address, user_agent, status, error_message, "timestamp"
        FROM autoscaler.audit_logs
       WHERE ($1::text IS NULL OR category = $1) AND ($2::text IS NULL OR action = $2) AND ($3::integer IS NULL OR user_id = $3)
         AND ($4::text IS NULL OR resource_type = $4) AND ($5::text IS NULL OR resource_id = $5) AND ($6::text IS NULL OR status = $6)
         AND ($7::timestamptz IS NULL OR "timestamp" >= $7) AND ($8::timestamptz IS NULL OR "timestamp" < $8)
         AND ($9::text IS NULL OR position(lower($9) IN lower(concat_ws(' ', user_email, action, resource_type, resource_id, resource_name,
                                                                       description, error_message))) > 0)
         AND id > $10 AND id <= $11
       ORDER BY id
       LIMIT $12
      """;

  /** One row: how many rows an export will have, and the id of the last of them. */
  private static final String EXTENT =
      """
      SELECT count(*) AS rows, coalesce(max(id), 0) AS last_id
        FROM autoscaler.audit_logs
       WHERE ($1::text IS NULL OR category = $1) AND ($2::text IS NULL OR action = $2) AND ($3::integer IS NULL OR user_id = $3)
         AND ($4::text IS NULL OR resource_type = $4) AND ($5::text IS NULL OR resource_id = $5) AND ($6::text IS NULL OR status = $6)
         AND ($7::timestamptz IS NULL OR "timestamp" >= $7) AND ($8::timestamptz IS NULL OR "timestamp" < $8)
         AND ($9::text IS NULL OR position(lower($9) IN lower(concat_ws(' ', user_email, action, resource_type, resource_id, resource_name,
                                                                       description, error_message))) > 0)
      """;

  /** $1 id. No row: there is none. */
  private static final String FIND =
      """
      SELECT id, user_id, user_email, user_role, action, category, resource_type, resource_id, resource_name, description, details,
             ip_address, user_agent, status, error_message, "timestamp"
        FROM autoscaler.audit_logs WHERE id = $1
      """;

  /** $1 from, $2 to. A row per kind and name; of the kind "user" the ten most frequent. */
  private static final String SUMMARY =
      """
      WITH wanted AS MATERIALIZED (
             SELECT category, action, status, user_email FROM autoscaler.audit_logs WHERE "timestamp" >= $1 AND "timestamp" < $2)
      SELECT 'status' AS kind, status AS name, count(*) AS n FROM wanted GROUP BY status
      UNION ALL SELECT 'category', category, count(*) FROM wanted GROUP BY category
      UNION ALL SELECT 'action', action, count(*) FROM wanted GROUP BY action
      UNION ALL (SELECT 'user', user_email, count(*) FROM wanted WHERE user_email IS NOT NULL
                  GROUP BY user_email ORDER BY count(*) DESC, user_email LIMIT 10)
       ORDER BY 1, 3 DESC, 2
      """;

  private final Statements statements;
  private final ObjectMapper json;

  AuditReadQueries(Statements statements, ObjectMapper json) {
    this.statements = statements;
    this.json = json;
  }

  /** What an export covers: rows that come while it runs are not among them. */
  record Extent(long rows, long lastId) {}

  Uni<List<AuditLog>> list(AuditFilter filter, long below, int limit) {
    return statements.run(LIST, values(filter).addLong(below).addInteger(limit)).map(this::logs);
  }

  Uni<List<AuditLog>> export(AuditFilter filter, long behind, long last, int limit) {
    return statements
        .run(EXPORT, values(filter).addLong(behind).addLong(last).addInteger(limit))
        .map(this::logs);
  }

  Uni<Extent> extent(SqlConnection tx, AuditFilter filter) {
    return tx.preparedQuery(EXTENT)
        .execute(values(filter))
        .map(rows -> {
          Row row = rows.iterator().next();
          return new Extent(row.getLong("rows"), row.getLong("last_id"));
        });
  }

  Uni<Optional<AuditLog>> find(long id) {
    return statements.run(FIND, Tuple.of(id)).map(rows -> logs(rows).stream().findFirst());
  }

  Uni<AuditSummary> summary(OffsetDateTime from, OffsetDateTime to) {
    return statements
        .run(SUMMARY, Tuple.of(from, to))
        .map(rows -> {
          List<Count> statuses = counts(rows, "status");
          return new AuditSummary(
              from.toInstant(),
              to.toInstant(),
              statuses.stream().mapToLong(Count::count).sum(),
              statuses.stream()
                  .filter(count -> count.name().equals("FAILURE"))
                  .mapToLong(Count::count)
                  .sum(),
              counts(rows, "category"),
              counts(rows, "action"),
              counts(rows, "user"));
        });
  }

  private static List<Count> counts(RowSet<Row> rows, String kind) {
    var counts = new ArrayList<Count>();
    for (Row row : rows) {
      if (row.getString("kind").equals(kind)) {
        counts.add(new Count(row.getString("name"), row.getLong("n")));
      }
    }
    return List.copyOf(counts);
  }

  private static Tuple values(AuditFilter filter) {
    return Tuple.tuple()
        .addString(filter.category())
        .addString(filter.action())
        .addInteger(filter.userId())
        .addString(filter.resourceType())
        .addString(filter.resourceId())
        .addString(filter.status())
        .addValue(filter.from())
        .addValue(filter.to())
        .addString(filter.search());
  }

  private List<AuditLog> logs(RowSet<Row> rows) {
    var logs = new ArrayList<AuditLog>(rows.size());
    for (Row row : rows) {
      logs.add(
          new AuditLog(
              row.getLong("id"),
              row.getInteger("user_id"),
              row.getString("user_email"),
              row.getString("user_role"),
              row.getString("action"),
              row.getString("category"),
              row.getString("resource_type"),
              row.getString("resource_id"),
              row.getString("resource_name"),
              row.getString("description"),
              details(row.getString("details")),
              row.getString("ip_address"),
              row.getString("user_agent"),
              row.getString("status"),
              row.getString("error_message"),
              row.getOffsetDateTime("timestamp").toInstant()));
    }
    return logs;
  }

  /** JSON as we write it; a text that somebody else wrote stays one. */
  private @Nullable Object details(@Nullable String text) {
    try {
      return text == null ? null : json.readTree(text);
    } catch (JsonProcessingException e) {
      return text;
    }
  }
}
