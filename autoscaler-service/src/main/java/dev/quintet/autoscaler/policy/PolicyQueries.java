package dev.quintet.autoscaler.policy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.autoscaler.access.Cursors;
import dev.quintet.common.api.autoscaler.BehaviorSpec;
import dev.quintet.common.api.autoscaler.Policy;
import dev.quintet.common.api.autoscaler.PolicyRequest;
import dev.quintet.common.api.autoscaler.PolicySpec;
import dev.quintet.common.api.autoscaler.PoolBehavior;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Rows of scaling_policies and pool_behaviors. */
@ApplicationScoped
class PolicyQueries {
  /** $1 pool. No row: no such pool. Held until the transaction ends. */
  private static final String LOCK_POOL =
      "SELECT name FROM autoscaler.pools WHERE id = $1 FOR NO KEY UPDATE";

  /** $1 pool, $2 name, $3 type, $4 spec, $5 dry_run. */
  private static final String CREATE =
      """
      INSERT INTO autoscaler.scaling_policies (pool_id, name, type, spec, dry_run) VALUES ($1, $2, $3, $4::text::jsonb, $5)
      RETURNING id, pool_id, name, spec::text AS spec, enabled, dry_run, version, created_at, updated_at
      """;

  /** $1 policy. No row: no such policy. Held until the transaction ends. */
  private static final String LOCK =
      """
      SELECT id, pool_id, name, spec::text AS spec, enabled, dry_run, version, created_at, updated_at
        FROM autoscaler.scaling_policies WHERE id = $1 FOR UPDATE
      """;

  /** $1 policy, $2 name, $3 type, $4 spec, $5 dry_run. */
  private static final String REPLACE =
      """
      UPDATE autoscaler.scaling_policies
         SET name = $2, type = $3, spec = $4::text::jsonb, dry_run = $5, version = version + 1, updated_at = now()
       WHERE id = $1
      RETURNING id, pool_id, name, spec::text AS spec, enabled, dry_run, version, created_at, updated_at
      """;

  /** $1 policy, $2 enabled, $3 dry_run. */
  private static final String SWITCH =
      """
      UPDATE autoscaler.scaling_policies SET enabled = $2, dry_run = $3, version = version + 1, updated_at = now()
       WHERE id = $1
      RETURNING id, pool_id, name, spec::text AS spec, enabled, dry_run, version, created_at, updated_at
      """;

  /** $1 policy. */
  private static final String DELETE = "DELETE FROM autoscaler.scaling_policies WHERE id = $1";

  /** $1 policy. No row: no such policy. */
  private static final String FIND =
      """
      SELECT id, pool_id, name, spec::text AS spec, enabled, dry_run, version, created_at, updated_at
        FROM autoscaler.scaling_policies WHERE id = $1
      """;

  /** $1 pool, $2 behind this id, $3 rows. One row of NULLs: a pool without. None: no such pool. */
  private static final String LIST =
      """
      SELECT s.id, s.pool_id, s.name, s.spec::text AS spec, s.enabled, s.dry_run, s.version, s.created_at, s.updated_at
        FROM autoscaler.pools p
        LEFT JOIN LATERAL (SELECT * FROM autoscaler.scaling_policies s
                            WHERE s.pool_id = p.id AND s.id > $2 ORDER BY s.id LIMIT $3) s ON true
       WHERE p.id = $1
       ORDER BY s.id
      """;

  /**
   * $1 pool, $2 policy and version as {@code 7@3}. Has a back-test of the last 7 days tried exactly
   * that?
   */
  private static final String TESTED =
      """
      SELECT EXISTS (SELECT FROM autoscaler.backtests b
                      WHERE b.pool_id = $1 AND b.status = 'done' AND b.created_at > now() - interval '7 days'
                        AND b.spec -> 'tested' ? $2) AS tested
      """;

  /** $1 pool. One row, spec NULL: it was given none. No row: no such pool. */
  private static final String FIND_BEHAVIOR =
      """
      SELECT p.id AS pool_id, b.spec::text AS spec, coalesce(b.version, 0) AS version
        FROM autoscaler.pools p LEFT JOIN autoscaler.pool_behaviors b ON b.pool_id = p.id
       WHERE p.id = $1
      """;

  /** $1 pool, $2 spec. The pool is locked. */
  private static final String PUT_BEHAVIOR =
      """
      INSERT INTO autoscaler.pool_behaviors AS b (pool_id, spec) VALUES ($1, $2::text::jsonb)
      ON CONFLICT (pool_id) DO UPDATE SET spec = excluded.spec, version = b.version + 1, updated_at = now()
      RETURNING pool_id, spec::text AS spec, version
      """;

  private final Statements statements;
  private final ObjectMapper json;

  PolicyQueries(Statements statements, ObjectMapper json) {
    this.statements = statements;
    this.json = json;
  }

  /** Empty: no such pool; else its name. */
  Uni<Optional<String>> lockPool(SqlConnection tx, int pool) {
    return tx.preparedQuery(LOCK_POOL)
        .execute(Tuple.of(pool))
        .map(rows ->
            rows.size() == 0
                ? Optional.empty()
                : Optional.of(rows.iterator().next().getString("name")));
  }

  Uni<Policy> create(SqlConnection tx, int pool, PolicyRequest request) {
    return tx.preparedQuery(CREATE)
        .execute(
            Tuple.of(
                pool,
                request.name(),
                type(request),
                written(request.spec(), PolicySpec.class),
                request.dryRun()))
        .map(rows -> policy(rows.iterator().next()));
  }

  Uni<Optional<Policy>> lock(SqlConnection tx, int id) {
    return tx.preparedQuery(LOCK).execute(Tuple.of(id)).map(this::one);
  }

  Uni<Policy> replace(SqlConnection tx, int id, PolicyRequest request) {
    return tx.preparedQuery(REPLACE)
        .execute(
            Tuple.of(
                id,
                request.name(),
                type(request),
                written(request.spec(), PolicySpec.class),
                request.dryRun()))
        .map(rows -> policy(rows.iterator().next()));
  }

  Uni<Policy> set(SqlConnection tx, int id, boolean enabled, boolean dryRun) {
    return tx.preparedQuery(SWITCH)
        .execute(Tuple.of(id, enabled, dryRun))
        .map(rows -> policy(rows.iterator().next()));
  }

  Uni<Void> delete(SqlConnection tx, int id) {
    return tx.preparedQuery(DELETE).execute(Tuple.of(id)).replaceWithVoid();
  }

  Uni<Optional<Policy>> find(int id) {
    return statements.run(FIND, Tuple.of(id)).map(this::one);
  }

  /** Empty: no such pool. */
  Uni<Optional<List<Policy>>> list(int pool, PageRequest page) {
    int behind = Cursors.id(page);
    return statements
        .run(LIST, Tuple.of(pool, behind, page.fetch()))
        .map(rows -> {
          if (rows.size() == 0) {
            return Optional.empty();
          }
          var all = new ArrayList<Policy>(rows.size());
          rows.forEach(row -> {
            if (row.getInteger("id") != null) {
              all.add(policy(row));
            }
          });
          return Optional.of(all);
        });
  }

  Uni<Boolean> tested(SqlConnection tx, Policy policy) {
    return tx.preparedQuery(TESTED)
        .execute(Tuple.of(policy.poolId(), policy.id() + "@" + policy.version()))
        .map(rows -> rows.iterator().next().getBoolean("tested"));
  }

  Uni<Optional<PoolBehavior>> findBehavior(int pool) {
    return statements.run(FIND_BEHAVIOR, Tuple.of(pool)).map(this::behavior);
  }

  Uni<Optional<PoolBehavior>> findBehavior(SqlConnection tx, int pool) {
    return tx.preparedQuery(FIND_BEHAVIOR).execute(Tuple.of(pool)).map(this::behavior);
  }

  Uni<PoolBehavior> putBehavior(SqlConnection tx, int pool, BehaviorSpec spec) {
    return tx.preparedQuery(PUT_BEHAVIOR)
        .execute(Tuple.of(pool, written(spec, BehaviorSpec.class)))
        .map(rows -> behavior(rows).get());
  }

  private Optional<PoolBehavior> behavior(RowSet<Row> rows) {
    if (rows.size() == 0) {
      return Optional.empty();
    }
    Row row = rows.iterator().next();
    String spec = row.getString("spec");
    return Optional.of(
        new PoolBehavior(
            row.getInteger("pool_id"),
            row.getInteger("version"),
            spec == null ? BehaviorSpec.DEFAULT : read(spec, BehaviorSpec.class)));
  }

  private Optional<Policy> one(RowSet<Row> rows) {
    return rows.size() == 0 ? Optional.empty() : Optional.of(policy(rows.iterator().next()));
  }

  private Policy policy(Row row) {
    PolicySpec spec = read(row.getString("spec"), PolicySpec.class);
    return new Policy(
        row.getInteger("id"),
        row.getInteger("pool_id"),
        row.getString("name"),
        spec.policyType(),
        row.getBoolean("enabled"),
        row.getBoolean("dry_run"),
        row.getInteger("version"),
        row.getOffsetDateTime("created_at").toInstant(),
        row.getOffsetDateTime("updated_at").toInstant(),
        spec);
  }

  private static String type(PolicyRequest request) {
    return request.spec().policyType().json();
  }

  /** As its declared type, so that the kind of policy is written too. */
  private String written(Object spec, Class<?> as) {
    try {
      return json.writerFor(as).writeValueAsString(spec);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of numbers and texts cannot be written", e);
    }
  }

  private <T> T read(String text, Class<T> type) {
    try {
      return json.readValue(text, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a stored " + type.getSimpleName() + " cannot be read", e);
    }
  }
}
