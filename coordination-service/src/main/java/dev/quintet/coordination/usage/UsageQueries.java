package dev.quintet.coordination.usage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.api.coordination.ActiveRateLimits;
import dev.quintet.common.api.coordination.AiUsage;
import dev.quintet.common.api.coordination.AiUsageSummary;
import dev.quintet.common.api.coordination.CacheEffectiveness;
import dev.quintet.common.api.coordination.SlowQueries.SlowQuery;
import dev.quintet.common.security.Caller;
import dev.quintet.common.sql.CallerScope;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The rows of ai_usage_tracking and the views over them. */
@ApplicationScoped
class UsageQueries {
  private static final String SCOPE = "coordination_user_scope";

  /**
   * $1 calls as a JSON array. The count of rows is how many were new. In the order of request ids,
   * so that two batches with the same calls wait for each other once, and not both ways.
   */
  private static final String RECORD =
      """
      INSERT INTO coordination.ai_usage_tracking
             (id, request_id, user_id, document_id, model, requested_model, operation, input_tokens, output_tokens, latency_ms, success,
              cache_hit, cost_usd, avoided_cost_usd, fallback_model, circuit_breaker_state)
      SELECT gen_random_uuid(), c.request_id, c.user_id, c.document_id, c.model, c.requested_model, c.operation, c.input_tokens,
             c.output_tokens, c.latency_ms, c.success, c.cache_hit, c.cost_usd,
             CASE WHEN NOT c.cache_hit THEN 0
                  ELSE coalesce(c.avoided_told_usd,
                                (SELECT o.cost_usd FROM coordination.ai_usage_tracking o
                                  WHERE o.document_id = c.document_id AND o.model = c.model AND NOT o.cache_hit
                                  ORDER BY o.created_at DESC LIMIT 1),
                                c.avoided_priced_usd) END,
             c.fallback_model, c.circuit_breaker_state
        FROM jsonb_to_recordset($1::text::jsonb)
               AS c (request_id uuid, user_id uuid, document_id uuid, model text, requested_model text, operation text, input_tokens integer,
                     output_tokens integer, latency_ms integer, success boolean, cache_hit boolean, cost_usd numeric,
                     avoided_told_usd numeric, avoided_priced_usd numeric, fallback_model text, circuit_breaker_state text)
       ORDER BY c.request_id
      ON CONFLICT (request_id) DO NOTHING
      """;

  /**
   * $1 model or NULL; $2 from, $3 to (exclusive), $4 and $5 time and id to start below, $6 rows.
   */
  private static final String LIST =
      """
      SELECT row_to_json(page)::text AS row
        FROM (SELECT u.* FROM coordination.ai_usage_tracking u
               WHERE ($1::text IS NULL OR u.model = $1)
                 AND u.created_at >= $2 AND u.created_at < $3 AND u.created_at <= $4 AND (u.created_at, u.id) < ($4, $5::uuid)
               ORDER BY u.created_at DESC, u.id DESC
               LIMIT $6) AS page
      """;

  /** $1 from, $2 to (exclusive), $3 what to group by. */
  private static final String SUMMARY =
      """
      SELECT row_to_json(g)::text AS row
        FROM (SELECT CASE $3::text WHEN 'model' THEN u.model
                                   WHEN 'user' THEN coalesce(u.user_id::text, 'anonymous')
                                   WHEN 'operation' THEN coalesce(u.operation, '')
                                   ELSE to_char(u.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') END AS "group",
                     count(*) AS requests,
                     count(*) FILTER (WHERE u.cache_hit) AS cache_hits,
                     count(*) FILTER (WHERE NOT u.success) AS failures,
                     count(*) FILTER (WHERE u.fallback_model IS NOT NULL) AS fallbacks,
                     coalesce(sum(u.input_tokens), 0) AS input_tokens,
                     coalesce(sum(u.output_tokens), 0) AS output_tokens,
                     round(avg(u.latency_ms), 1) AS avg_latency_ms,
                     sum(u.cost_usd) AS cost_usd,
                     sum(u.avoided_cost_usd) AS avoided_cost_usd
                FROM coordination.ai_usage_tracking u
               WHERE u.created_at >= $1 AND u.created_at < $2
               GROUP BY 1
               ORDER BY sum(u.cost_usd) DESC, 1
               LIMIT 1000) AS g
      """;

  private static final String CACHE_EFFECTIVENESS =
      "SELECT row_to_json(v)::text AS row FROM coordination.v_cache_effectiveness v";

  private static final String ACTIVE_RATE_LIMITS =
      """
      SELECT row_to_json(v)::text AS row FROM coordination.v_active_rate_limits v
       ORDER BY v.request_count DESC, v.redis_key LIMIT 1000
      """;

  /** $1 milliseconds. */
  private static final String SLOW_QUERIES =
      "SELECT row_to_json(s)::text AS row FROM coordination.analyze_slow_queries($1) AS s";

  private final Statements statements;
  private final CallerScope scope;
  private final JsonRows rows;
  private final ObjectMapper json;

  UsageQueries(Statements statements, CallerScope scope, JsonRows rows, ObjectMapper json) {
    this.statements = statements;
    this.scope = scope;
    this.rows = rows;
    this.json = json;
  }

  /** {@code before}: where the page starts. */
  record Listing(
      @Nullable String model,
      OffsetDateTime from,
      OffsetDateTime to,
      OffsetDateTime before,
      UUID beforeId) {}

  /** How many were new. */
  Uni<Integer> record(List<StoredUsage> calls) {
    return statements.run(RECORD, Tuple.of(written(calls))).map(RowSet::rowCount);
  }

  /** Of the caller, or of all where he is an administrator. */
  Uni<List<AiUsage>> list(Caller caller, Listing listing, int most) {
    return scope.as(
        SCOPE,
        caller,
        tx ->
            tx.preparedQuery(LIST)
                .execute(
                    Tuple.of(
                        listing.model(),
                        listing.from(),
                        listing.to(),
                        listing.before(),
                        listing.beforeId(),
                        most))
                .map(found -> rows.of(found, "row", AiUsage.class)));
  }

  /** Of all calls. */
  Uni<List<AiUsageSummary.Group>> summary(Instant from, Instant to, String groupBy) {
    return statements
        .run(SUMMARY, span(from, to, groupBy))
        .map(found -> rows.of(found, "row", AiUsageSummary.Group.class));
  }

  /** Of the caller's calls. */
  Uni<List<AiUsageSummary.Group>> summaryOf(
      Caller caller, Instant from, Instant to, String groupBy) {
    return scope.as(
        SCOPE,
        caller,
        tx ->
            tx.preparedQuery(SUMMARY)
                .execute(span(from, to, groupBy))
                .map(found -> rows.of(found, "row", AiUsageSummary.Group.class)));
  }

  Uni<List<CacheEffectiveness.Hour>> cacheEffectiveness() {
    return statements
        .run(CACHE_EFFECTIVENESS)
        .map(found -> rows.of(found, "row", CacheEffectiveness.Hour.class));
  }

  Uni<List<ActiveRateLimits.Window>> activeRateLimits() {
    return statements
        .run(ACTIVE_RATE_LIMITS)
        .map(found -> rows.of(found, "row", ActiveRateLimits.Window.class));
  }

  Uni<List<SlowQuery>> slowQueries(int thresholdMs) {
    return statements
        .run(SLOW_QUERIES, Tuple.of(thresholdMs))
        .map(found -> rows.of(found, "row", SlowQuery.class));
  }

  private static Tuple span(Instant from, Instant to, String groupBy) {
    return Tuple.of(from.atOffset(ZoneOffset.UTC), to.atOffset(ZoneOffset.UTC), groupBy);
  }

  private String written(List<StoredUsage> calls) {
    try {
      return json.writeValueAsString(calls);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("calls cannot be written", e);
    }
  }
}
