package dev.quintet.coordination.breaker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.api.coordination.BreakerChange;
import dev.quintet.common.api.coordination.BreakerConfigRequest;
import dev.quintet.common.api.coordination.BreakerEvent;
import dev.quintet.common.api.coordination.BreakerOverride;
import dev.quintet.common.api.coordination.BreakerState;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

@ApplicationScoped
class BreakerQueries {
  /** $1 service. {@code row} NULL: there is none. */
  private static final String FIND = "SELECT coordination.breaker_view($1)::text AS row";

  /**
   * $1 service, $2 the most breakers there may be. {@code row} NULL: there are too many. Asked for
   * by a service that is called for the first time.
   */
  private static final String FIND_OR_MAKE =
      """
      WITH made AS (
        INSERT INTO coordination.circuit_breaker_states (service_name, state)
        SELECT $1::text, 'closed' WHERE (SELECT count(*) FROM coordination.circuit_breaker_states) < $2
        ON CONFLICT (service_name) DO NOTHING
        RETURNING service_name)
      SELECT count(*) AS made FROM made
      """;

  /** $1 state or NULL, $2 name to start behind, $3 rows. */
  private static final String LIST =
      """
      SELECT coordination.breaker_view(page.service_name)::text AS row
        FROM (SELECT s.service_name FROM coordination.circuit_breaker_states s
               WHERE ($1::text IS NULL OR s.state = $1) AND s.service_name > $2
               ORDER BY s.service_name LIMIT $3) AS page
       ORDER BY page.service_name
      """;

  /** $1 transition as told by the script. False: another one has this version. */
  private static final String SAVE = "SELECT coordination.breaker_save($1::jsonb) AS saved";

  /** $1 service, $2 settings as JSON, $3 version that is expected or NULL. No row: another is. */
  private static final String CONFIGURE =
      """
      INSERT INTO coordination.circuit_breaker_states AS s (service_name, state, config, settings_version)
      SELECT $1::text, 'closed', $2::jsonb, 1
       WHERE $3::bigint IS NULL OR EXISTS (SELECT FROM coordination.circuit_breaker_states WHERE service_name = $1::text)
      ON CONFLICT (service_name) DO UPDATE
         SET config = excluded.config, settings_version = s.settings_version + 1, updated_at = clock_timestamp()
       WHERE $3::bigint IS NULL OR s.settings_version = $3
      RETURNING (xmax = 0) AS made
      """;

  /**
   * $1 service, $2 override or NULL, $3 reason, $4 until. No row: there is no such breaker. {@code
   * over}: the instant is not in the future.
   */
  private static final String OVERRIDE =
      """
      UPDATE coordination.circuit_breaker_states
         SET override = $2::text, override_reason = (CASE WHEN $2::text IS NULL THEN NULL ELSE $3::text END),
             override_until = (CASE WHEN $2::text IS NULL THEN NULL ELSE $4::timestamptz END),
             override_since = (CASE WHEN $2::text IS NULL THEN NULL ELSE now() END),
             settings_version = settings_version + 1, updated_at = clock_timestamp()
       WHERE service_name = $1 AND ($4::timestamptz IS NULL OR $4::timestamptz > now())
      RETURNING service_name
      """;

  /** $1 names, $2 failures, $3 last failures, $4 last successes; the row only ever goes on. */
  private static final String COUNT =
      """
      UPDATE coordination.circuit_breaker_states s
         SET failure_count = c.failures, last_failure_time = greatest(s.last_failure_time, c.last_failure),
             last_success_time = greatest(s.last_success_time, c.last_success), updated_at = clock_timestamp()
        FROM unnest($1::text[], $2::integer[], $3::timestamptz[], $4::timestamptz[]) AS c (name, failures, last_failure, last_success)
       WHERE s.service_name = c.name
         AND (s.failure_count, s.last_failure_time, s.last_success_time)
             IS DISTINCT FROM (c.failures, greatest(s.last_failure_time, c.last_failure), greatest(s.last_success_time, c.last_success))
      """;

  /** Overrides whose time is over go. */
  private static final String END_OVERRIDES =
      """
      UPDATE coordination.circuit_breaker_states
         SET override = NULL, override_until = NULL, override_reason = NULL, override_since = NULL,
             settings_version = settings_version + 1, updated_at = clock_timestamp()
       WHERE override IS NOT NULL AND override_until <= now()
      """;

  /** $1 service, $2 version to start below, $3 rows. */
  private static final String HISTORY =
      """
      SELECT json_build_object('service_name', e.service_name, 'from_state', e.from_state, 'to_state', e.to_state, 'version', e.version,
                               'cause', e.cause, 'reporter', e.reporter, 'at', e.at)::text AS row
        FROM coordination.circuit_breaker_events e
       WHERE e.service_name = $1 AND e.version < $2
       ORDER BY e.version DESC LIMIT $3
      """;

  /** One row. */
  private static final String LATEST =
      "SELECT coalesce(max(id), 0) AS id FROM coordination.circuit_breaker_events";

  /** $1 event to start behind, $2 rows. */
  private static final String AFTER =
      """
      SELECT e.id, json_build_object('service_name', e.service_name, 'from_state', e.from_state, 'state', e.to_state, 'version', e.version,
                                     'last_state_change', e.at)::text AS row
        FROM coordination.circuit_breaker_events e
       WHERE e.id > $1 ORDER BY e.id LIMIT $2
      """;

  private final Statements statements;
  private final JsonRows json;
  private final ObjectMapper mapper;

  BreakerQueries(Statements statements, JsonRows json, ObjectMapper mapper) {
    this.statements = statements;
    this.json = json;
    this.mapper = mapper;
  }

  Uni<Optional<StoredBreaker>> find(String service) {
    return statements.run(FIND, Tuple.of(service)).map(this::first);
  }

  /** Empty: there are {@code most} others. */
  Uni<Optional<StoredBreaker>> findOrMake(String service, int most) {
    return find(service)
        .chain(found ->
            found.isPresent()
                ? Uni.createFrom().item(found)
                : statements
                    .run(FIND_OR_MAKE, Tuple.of(service, most))
                    .chain(made -> find(service)));
  }

  Uni<List<StoredBreaker>> list(@Nullable BreakerState state, String behind, int rows) {
    return statements
        .run(LIST, Tuple.of(state == null ? null : state.label(), behind, rows))
        .map(found -> json.of(found, "row", StoredBreaker.class));
  }

  Uni<Boolean> save(String told) {
    return statements
        .run(SAVE, Tuple.of(new JsonObject(told)))
        .map(rows -> rows.iterator().next().getBoolean("saved"));
  }

  /** Empty: somebody else has changed it. Otherwise whether it is new. */
  Uni<Optional<Boolean>> configure(
      String service, BreakerConfigRequest config, @Nullable Long expected) {
    return statements
        .run(CONFIGURE, Tuple.of(service, new JsonObject(written(config)), expected))
        .map(rows ->
            rows.size() == 0
                ? Optional.empty()
                : Optional.of(rows.iterator().next().getBoolean("made")));
  }

  /** False: there is no such breaker, or {@code until} is over. */
  Uni<Boolean> override(
      String service,
      @Nullable BreakerOverride override,
      @Nullable String reason,
      @Nullable Instant until) {
    return statements
        .run(
            OVERRIDE,
            Tuple.of(
                service,
                override == null ? null : override.label(),
                reason,
                until == null ? null : until.atOffset(ZoneOffset.UTC)))
        .map(rows -> rows.size() > 0);
  }

  Uni<Void> endOverrides() {
    return statements.run(END_OVERRIDES).replaceWithVoid();
  }

  /** Takes down what Redis counts; the names and the counts are side by side. */
  Uni<Void> count(List<String> services, List<Counts> counts) {
    return services.isEmpty()
        ? Uni.createFrom().voidItem()
        : statements
            .run(
                COUNT,
                Tuple.of(
                    services.toArray(String[]::new),
                    counts.stream().map(c -> (int) c.failures()).toArray(Integer[]::new),
                    instants(counts.stream().map(Counts::lastFailure).toList()),
                    instants(counts.stream().map(Counts::lastSuccess).toList())))
            .replaceWithVoid();
  }

  Uni<List<BreakerEvent>> history(String service, long below, int rows) {
    return statements
        .run(HISTORY, Tuple.of(service, below, rows))
        .map(found -> json.of(found, "row", BreakerEvent.class));
  }

  Uni<Long> latest() {
    return statements.run(LATEST).map(rows -> rows.iterator().next().getLong("id"));
  }

  record Placed(long id, BreakerChange change) {}

  Uni<List<Placed>> after(long id, int rows) {
    return statements
        .run(AFTER, Tuple.of(id, rows))
        .map(found -> {
          List<BreakerChange> changes = json.of(found, "row", BreakerChange.class);
          var placed = new ArrayList<Placed>(changes.size());
          for (Row row : found) {
            placed.add(new Placed(row.getLong("id"), changes.get(placed.size())));
          }
          return placed;
        });
  }

  private Optional<StoredBreaker> first(RowSet<Row> rows) {
    return json.of(rows, "row", StoredBreaker.class).stream().findFirst();
  }

  private String written(BreakerConfigRequest config) {
    try {
      return mapper.writeValueAsString(config);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("settings cannot be written", e);
    }
  }

  private static Object instants(List<@Nullable Instant> instants) {
    return instants.stream()
        .map(at -> at == null ? null : at.atOffset(ZoneOffset.UTC))
        .toArray(java.time.OffsetDateTime[]::new);
  }
}
