package dev.quintet.coordination.cache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.api.coordination.Invalidation;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Rows of cache_invalidation_outbox, from their claim to their readers. */
@ApplicationScoped
class InvalidationQueries {
  private static final String WAITING =
      "SELECT EXISTS (SELECT FROM coordination.cache_invalidation_outbox WHERE done_at IS NULL) AS waiting";

  /** What this transaction deletes of cache_metadata is no invalidation of its own. */
  private static final String QUIETLY = "SET LOCAL coordination.invalidating = 'on'";

  /** $1 rows. Those that nobody else is at; they stay claimed until the transaction ends. */
  private static final String CLAIM =
      """
      SELECT id, payload::text AS payload, keys FROM coordination.cache_invalidation_outbox
       WHERE done_at IS NULL
       ORDER BY id
       LIMIT $1
       FOR UPDATE SKIP LOCKED
      """;

  /** $1 payload, $2 keys. Nobody sees it before the transaction has ended. */
  private static final String WRITE =
      "INSERT INTO coordination.cache_invalidation_outbox (payload, keys) VALUES ($1::text::jsonb, $2) RETURNING id";

  /** $1 payload, $2 keys. For whoever gets to it. */
  private static final String LEAVE =
      """
      WITH written AS (INSERT INTO coordination.cache_invalidation_outbox (payload, keys) VALUES ($1::text::jsonb, $2) RETURNING id)
      SELECT id, pg_notify('cache_invalidation', jsonb_build_object('outbox_id', id)::text)::text AS told FROM written
      """;

  /**
   * $1 documents, $2 users, $3 models, $4 keys. All that is registered for them; rows that are
   * older than this transaction are gone then. A younger one's value may still be on its way, with
   * a token that is good: its row has to stay, for the next invalidation to find it.
   */
  private static final String TAKE =
      """
      WITH known AS MATERIALIZED (
        SELECT m.cache_key FROM coordination.cache_metadata m
         WHERE m.document_id = ANY ($1::uuid[]) OR m.user_id = ANY ($2::uuid[]) OR m.model = ANY ($3::text[]) OR m.cache_key = ANY ($4::text[])),
      gone AS (
        DELETE FROM coordination.cache_metadata m USING known k
         WHERE m.cache_key = k.cache_key AND m.created_at < date_trunc('milliseconds', now()))
      SELECT cache_key FROM known
      """;

  /** $1 documents, $2 users, $3 models, $4 keys. */
  private static final String KNOWN =
      """
      SELECT m.cache_key FROM coordination.cache_metadata m
       WHERE m.expires_at > now()
         AND (m.document_id = ANY ($1::uuid[]) OR m.user_id = ANY ($2::uuid[]) OR m.model = ANY ($3::text[]) OR m.cache_key = ANY ($4::text[]))
      """;

  /** $1 ids. Who gives out positions has the one row, and so is alone until its end. */
  private static final String DONE =
      """
      WITH turn AS (
        UPDATE coordination.cache_invalidation_position SET last = last + cardinality($1::bigint[])
        RETURNING last - cardinality($1::bigint[]) AS before),
      done AS (
        UPDATE coordination.cache_invalidation_outbox o
           SET done_at = clock_timestamp(), position = turn.before + d.n
          FROM turn, unnest($1::bigint[]) WITH ORDINALITY AS d (id, n)
         WHERE o.id = d.id)
      SELECT pg_notify('cache_invalidation', jsonb_build_object('done_after', turn.before)::text)::text AS told FROM turn
      """;

  /** $1 id or NULL. position NULL: it is not kept, or not done, or never was. */
  private static final String BOUNDS =
      """
      SELECT p.last, (SELECT o.position FROM coordination.cache_invalidation_outbox o WHERE o.id = $1::bigint) AS position
        FROM coordination.cache_invalidation_position p
      """;

  /** $1 position, $2 rows. */
  private static final String AFTER =
      """
      SELECT o.position,
             json_build_object('outbox_id', o.id, 'payload', o.payload, 'keys', o.keys, 'done_at', o.done_at)::text AS row
        FROM coordination.cache_invalidation_outbox o
       WHERE o.position > $1
       ORDER BY o.position
       LIMIT $2
      """;

  /** $1 seconds. */
  private static final String FORGET =
      "DELETE FROM coordination.cache_invalidation_outbox WHERE done_at < now() - make_interval(secs => $1)";

  private final Statements statements;
  private final JsonRows rows;
  private final ObjectMapper json;

  InvalidationQueries(Statements statements, JsonRows rows, ObjectMapper json) {
    this.statements = statements;
    this.rows = rows;
    this.json = json;
  }

  Uni<Boolean> waiting() {
    return statements.run(WAITING).map(found -> found.iterator().next().getBoolean("waiting"));
  }

  /** All of it, or none: then the rows are there again. */
  <T> Uni<T> together(Function<SqlConnection, Uni<T>> work) {
    return statements.together(tx -> tx.query(QUIETLY).execute().chain(() -> work.apply(tx)));
  }

  Uni<List<Order>> claim(SqlConnection tx, int most) {
    return tx.preparedQuery(CLAIM)
        .execute(Tuple.of(most))
        .map(found ->
            stream(found)
                .map(row ->
                    new Order(
                        row.getLong("id"),
                        payload(row.getString("payload")),
                        List.of(row.getArrayOfStrings("keys"))))
                .toList());
  }

  private Order.Payload payload(String text) {
    try {
      return json.readValue(text, Order.Payload.class);
    } catch (JsonProcessingException e) {
      // Somebody else's: its keys are emptied all the same.
      return Order.Payload.NOTHING;
    }
  }

  Uni<Long> write(SqlConnection tx, Order.Payload payload, List<String> keys) {
    return tx.preparedQuery(WRITE).execute(values(payload, keys)).map(InvalidationQueries::id);
  }

  Uni<Long> leave(Order.Payload payload, List<String> keys) {
    return statements.run(LEAVE, values(payload, keys)).map(InvalidationQueries::id);
  }

  private Tuple values(Order.Payload payload, List<String> keys) {
    try {
      return Tuple.tuple()
          .addString(json.writeValueAsString(payload))
          .addArrayOfString(keys.toArray(String[]::new));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a payload of texts cannot be written", e);
    }
  }

  private static long id(RowSet<Row> found) {
    return found.iterator().next().getLong("id");
  }

  /** Whose values are meant. */
  record Subjects(Set<UUID> documents, Set<UUID> users, Set<String> models, Set<String> keys) {
    private Tuple values() {
      return Tuple.tuple()
          .addArrayOfUUID(documents.toArray(UUID[]::new))
          .addArrayOfUUID(users.toArray(UUID[]::new))
          .addArrayOfString(models.toArray(String[]::new))
          .addArrayOfString(keys.toArray(String[]::new));
    }
  }

  Uni<List<String>> take(SqlConnection tx, Subjects subjects) {
    return tx.preparedQuery(TAKE).execute(subjects.values()).map(InvalidationQueries::keys);
  }

  Uni<List<String>> known(Subjects subjects) {
    return statements.run(KNOWN, subjects.values()).map(InvalidationQueries::keys);
  }

  Uni<Void> done(SqlConnection tx, List<Long> ids) {
    return tx.preparedQuery(DONE)
        .execute(Tuple.tuple().addArrayOfLong(ids.toArray(Long[]::new)))
        .replaceWithVoid();
  }

  /**
   * Where the stream ends now.
   *
   * @param position of the one that was asked for, or null
   */
  record Bounds(long last, @Nullable Long position) {}

  Uni<Bounds> bounds(@Nullable Long id) {
    return statements
        .run(BOUNDS, Tuple.of(id))
        .map(found -> found.iterator().next())
        .map(row -> new Bounds(row.getLong("last"), row.getLong("position")));
  }

  /** One of the stream. */
  record Published(long position, Invalidation invalidation) {}

  Uni<List<Published>> after(long position, int most) {
    return statements
        .run(AFTER, Tuple.of(position, most))
        .map(found -> {
          var invalidations = rows.of(found, "row", Invalidation.class);
          var published = new ArrayList<Published>(invalidations.size());
          for (Row row : found) {
            published.add(
                new Published(row.getLong("position"), invalidations.get(published.size())));
          }
          return published;
        });
  }

  Uni<Integer> forget(Duration age) {
    return statements.run(FORGET, Tuple.of((double) age.toSeconds())).map(RowSet::rowCount);
  }

  private static List<String> keys(RowSet<Row> found) {
    return stream(found).map(row -> row.getString("cache_key")).toList();
  }

  private static java.util.stream.Stream<Row> stream(RowSet<Row> found) {
    return StreamSupport.stream(found.spliterator(), false);
  }
}
