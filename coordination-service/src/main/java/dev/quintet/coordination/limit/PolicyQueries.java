package dev.quintet.coordination.limit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.api.coordination.RateLimitPolicy;
import dev.quintet.common.api.coordination.RateLimitPolicyRequest;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** Rows of rate_limit_policies, and the tier of a user. */
@ApplicationScoped
class PolicyQueries {
  /** All that count. */
  private static final String ENABLED =
      """
      SELECT row_to_json(p)::text AS policy
        FROM (SELECT name, model_pattern, tier, windows, fail_mode, shadow, priority, enabled, version, updated_at
                FROM coordination.rate_limit_policies WHERE enabled) p
      """;

  /** $1 name. No row: no such policy. */
  private static final String FIND =
      """
      SELECT row_to_json(p)::text AS policy
        FROM (SELECT name, model_pattern, tier, windows, fail_mode, shadow, priority, enabled, version, updated_at
                FROM coordination.rate_limit_policies WHERE name = $1) p
      """;

  /** $1 name behind which the page begins, $2 rows. */
  private static final String LIST =
      """
      SELECT row_to_json(p)::text AS policy
        FROM (SELECT name, model_pattern, tier, windows, fail_mode, shadow, priority, enabled, version, updated_at
                FROM coordination.rate_limit_policies WHERE name > $1 ORDER BY name LIMIT $2) p
      """;

  /**
   * $1 name, $2 model_pattern, $3 tier, $4 windows, $5 fail_mode, $6 shadow, $7 priority, $8
   * enabled, $9 versions of which one must stand (NULL: any, or none). No row: another stands.
   */
  private static final String PUT =
      """
      WITH put AS (
        INSERT INTO coordination.rate_limit_policies AS p
               (name, model_pattern, tier, windows, fail_mode, shadow, priority, enabled)
        SELECT $1, $2, $3, $4::text::jsonb, $5, $6, $7, $8
         WHERE $9::int[] IS NULL OR EXISTS (SELECT FROM coordination.rate_limit_policies WHERE name = $1)
        ON CONFLICT (name) DO UPDATE
           SET model_pattern = excluded.model_pattern, tier = excluded.tier, windows = excluded.windows, fail_mode = excluded.fail_mode,
               shadow = excluded.shadow, priority = excluded.priority, enabled = excluded.enabled, version = p.version + 1,
               updated_at = clock_timestamp()
         WHERE $9::int[] IS NULL OR p.version = ANY ($9::int[])
        RETURNING name, model_pattern, tier, windows, fail_mode, shadow, priority, enabled, version, updated_at)
      SELECT row_to_json(put)::text AS policy FROM put
      """;

  /** $1 name, $2 versions of which one must stand (NULL: any). No row: none, or another stands. */
  private static final String DELETE =
      """
      DELETE FROM coordination.rate_limit_policies WHERE name = $1 AND ($2::int[] IS NULL OR version = ANY ($2::int[]))
      RETURNING name
      """;

  /** $1 user. No row: not one of ours. */
  private static final String TIER =
      "SELECT subscription_tier FROM coordination.users WHERE id = $1";

  private static final String POLICY = "policy";

  private final Statements statements;
  private final JsonRows rows;
  private final ObjectMapper json;

  PolicyQueries(Statements statements, JsonRows rows, ObjectMapper json) {
    this.statements = statements;
    this.rows = rows;
    this.json = json;
  }

  Uni<List<RateLimitPolicy>> enabled() {
    return statements.run(ENABLED).map(this::policies);
  }

  Uni<Optional<RateLimitPolicy>> find(String name) {
    return statements.run(FIND, Tuple.of(name)).map(this::first);
  }

  Uni<List<RateLimitPolicy>> list(PageRequest page) {
    String behind = page.cursor().map((Cursor cursor) -> cursor.text(0)).orElse("");
    return statements.run(LIST, Tuple.of(behind, page.fetch())).map(this::policies);
  }

  Uni<Optional<RateLimitPolicy>> put(
      String name, RateLimitPolicyRequest request, Optional<List<Integer>> versions) {
    var values =
        Tuple.tuple()
            .addString(name)
            .addString(Objects.requireNonNull(request.modelPattern()))
            .addString(request.tier())
            .addString(text(Objects.requireNonNull(request.windows())))
            .addString(Objects.requireNonNull(request.failMode()).json())
            .addBoolean(request.shadow())
            .addInteger(request.priority())
            .addBoolean(request.enabled())
            .addArrayOfInteger(array(versions));
    return statements.run(PUT, values).map(this::first);
  }

  Uni<Boolean> delete(String name, Optional<List<Integer>> versions) {
    return statements
        .run(DELETE, Tuple.tuple().addString(name).addArrayOfInteger(array(versions)))
        .map(gone -> gone.size() > 0);
  }

  Uni<Optional<String>> tier(UUID user) {
    return statements
        .run(TIER, Tuple.of(user))
        .map(found ->
            found.size() == 0
                ? Optional.empty()
                : Optional.of(found.iterator().next().getString(0)));
  }

  private List<RateLimitPolicy> policies(RowSet<Row> found) {
    return rows.of(found, POLICY, RateLimitPolicy.class);
  }

  private Optional<RateLimitPolicy> first(RowSet<Row> found) {
    return policies(found).stream().findFirst();
  }

  private static Integer @org.jspecify.annotations.Nullable [] array(
      Optional<List<Integer>> versions) {
    return versions.map(all -> all.toArray(Integer[]::new)).orElse(null);
  }

  private String text(Object value) {
    try {
      return json.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("windows of numbers and names cannot be written", e);
    }
  }
}
