package dev.quintet.common.idempotency;

import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** Each service keeps its keys in its own schema; the name is put in once, at start. */
@ApplicationScoped
class IdempotencyQueries {
  private static final Pattern SCHEMA = Pattern.compile("[a-z_]{1,63}");

  /**
   * $1 subject, $2 operation, $3 key, $4 request hash. No row: the key is taken. Of two callers at
   * once the second waits here until the first has committed or gone.
   */
  private final String claim;

  /** $1 subject, $2 operation, $3 key. */
  private final String find;

  /** $1 subject, $2 operation, $3 key, $4 status, $5 headers, $6 body. */
  private final String answer;

  private final String forget;

  IdempotencyQueries(@ConfigProperty(name = "quintet.schema") String schema) {
    if (!SCHEMA.matcher(schema).matches()) {
      throw new IllegalArgumentException("quintet.schema is no schema name");
    }
    claim =
        """
        INSERT INTO %s.idempotency_keys AS k (subject, operation, key, request_hash, status)
        VALUES ($1, $2, $3, $4, 0)
        ON CONFLICT (subject, operation, key) DO UPDATE
           SET request_hash = excluded.request_hash, status = 0, headers = '{}', body = NULL,
               created_at = now(), expires_at = now() + interval '24 hours'
         WHERE k.expires_at <= now()
        RETURNING key
        """
            .formatted(schema);
    find =
        """
        SELECT request_hash, status, headers, body FROM %s.idempotency_keys
         WHERE subject = $1 AND operation = $2 AND key = $3
        """
            .formatted(schema);
    answer =
        """
        UPDATE %s.idempotency_keys SET status = $4, headers = $5, body = $6
         WHERE subject = $1 AND operation = $2 AND key = $3
        """
            .formatted(schema);
    forget =
        """
        DELETE FROM %s.idempotency_keys WHERE expires_at <= now()
        """
            .formatted(schema);
  }

  /** What is stored under a key. */
  record Stored(byte[] requestHash, Answer answer) {}

  Uni<Boolean> claim(SqlConnection tx, Claim claimed) {
    return tx.preparedQuery(claim)
        .execute(
            Tuple.of(
                claimed.subject(),
                claimed.operation(),
                claimed.key(),
                Buffer.buffer(claimed.requestHash())))
        .map(rows -> rows.size() == 1);
  }

  Uni<Optional<Stored>> find(SqlConnection tx, Claim claimed) {
    return tx.preparedQuery(find)
        .execute(Tuple.of(claimed.subject(), claimed.operation(), claimed.key()))
        .map(rows ->
            rows.size() == 0
                ? Optional.<Stored>empty()
                : Optional.of(stored(rows.iterator().next())));
  }

  Uni<Answer> store(SqlConnection tx, Claim claimed, Answer given) {
    return tx.preparedQuery(answer)
        .execute(
            Tuple.tuple()
                .addValue(claimed.subject())
                .addValue(claimed.operation())
                .addValue(claimed.key())
                .addValue(given.status())
                .addValue(new JsonObject(new LinkedHashMap<>(given.headers())))
                .addValue(given.body()))
        .replaceWith(given);
  }

  Uni<Integer> forget(SqlConnection tx) {
    return tx.preparedQuery(forget).execute().map(rows -> rows.rowCount());
  }

  private static Stored stored(Row row) {
    Map<String, String> headers = new LinkedHashMap<>();
    row.getJsonObject("headers")
        .forEach(header -> headers.put(header.getKey(), String.valueOf(header.getValue())));
    @Nullable String body = row.getString("body");
    return new Stored(
        row.getBuffer("request_hash").getBytes(),
        new Answer(row.getInteger("status"), headers, body));
  }
}
