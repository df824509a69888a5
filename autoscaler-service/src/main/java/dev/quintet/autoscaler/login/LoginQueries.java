package dev.quintet.autoscaler.login;

import dev.quintet.autoscaler.login.LocalTokens.Token;
import dev.quintet.common.api.autoscaler.User;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Local accounts and their tokens, and how often somebody has tried. */
@ApplicationScoped
class LoginQueries {
  /** $1 email. No row: nobody has it. */
  private static final String FIND =
      """
      SELECT autoscaler.user_json(u) AS "user",
             CASE WHEN u.auth_provider = 'local' THEN u.hashed_password END AS hash
        FROM autoscaler.users u WHERE lower(u.email) = lower($1)
      """;

  /** $1 id. No row or NULL: no password opens the account. */
  private static final String HASH =
      "SELECT hashed_password FROM autoscaler.users WHERE id = $1 AND auth_provider = 'local'";

  /** $1 id, $2 jti. No row: logged out, or no local user any more. */
  private static final String HOLDER =
      """
      SELECT autoscaler.user_json(u) AS "user"
        FROM autoscaler.users u
       WHERE u.id = $1 AND u.auth_provider = 'local'
         AND NOT EXISTS (SELECT FROM autoscaler.revoked_tokens r WHERE r.jti = $2)
      """;

  /**
   * $1 kind, $2 subject, $3 length of the window in ms. Counts first and is asked afterwards, so
   * that of many at once no more get through than may. One row: how many tries this window has seen
   * with this one, and how long it still lasts.
   */
  private static final String COUNT =
      """
      INSERT INTO autoscaler.login_throttle AS t (kind, subject, window_start, failures) VALUES ($1, $2, now(), 1)
          ON CONFLICT (kind, subject) DO UPDATE
         SET failures = CASE WHEN t.window_start <= now() - $3 * interval '1 ms' THEN 1 ELSE least(t.failures, 1000000) + 1 END,
             window_start = CASE WHEN t.window_start <= now() - $3 * interval '1 ms' THEN now() ELSE t.window_start END
      RETURNING failures, (extract(epoch FROM window_start - now()) * 1000 + $3)::bigint AS left_ms
      """;

  /** $1 kind, $2 subject. */
  private static final String FORGIVE =
      "DELETE FROM autoscaler.login_throttle WHERE kind = $1 AND subject = $2";

  /** $1 jti, $2 expires_at. Twice is once. */
  private static final String REVOKE =
      "INSERT INTO autoscaler.revoked_tokens (jti, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";

  /** Whatever no longer says anything. */
  private static final String FORGET =
      """
      WITH tokens AS (DELETE FROM autoscaler.revoked_tokens WHERE expires_at < now() - interval '1 h')
      DELETE FROM autoscaler.login_throttle WHERE window_start < now() - interval '1 h'
      """;

  /** One row; true: the first administrator is still to be made. */
  private static final String WANTED =
      "SELECT breakglass_bootstrapped_at IS NULL FROM autoscaler.service_state";

  /** No row: another replica has made him. */
  private static final String CLAIM =
      """
      UPDATE autoscaler.service_state SET breakglass_bootstrapped_at = now()
       WHERE breakglass_bootstrapped_at IS NULL
      RETURNING 1
      """;

  /** $1 email, $2 hash. */
  private static final String FIRST_ADMIN =
      """
      INSERT INTO autoscaler.users AS u (email, hashed_password, full_name, role, auth_provider)
      VALUES ($1, $2, 'Break glass', 'ADMIN', 'local')
      RETURNING autoscaler.user_json(u) AS "user"
      """;

  private final Statements statements;
  private final JsonRows json;

  LoginQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  /** {@code hash}: null where no password opens the account. */
  record Candidate(User user, @Nullable String hash) {}

  /** {@code tries}: with this one. */
  record Count(int tries, Duration left) {}

  Uni<Optional<Candidate>> find(String email) {
    return statements
        .run(FIND, Tuple.of(email))
        .map(rows -> {
          if (rows.size() == 0) {
            return Optional.empty();
          }
          Row row = rows.iterator().next();
          return Optional.of(
              new Candidate(json.of(rows, "user", User.class).getFirst(), row.getString("hash")));
        });
  }

  Uni<Optional<String>> hash(int user) {
    return statements
        .run(HASH, Tuple.of(user))
        .map(rows ->
            rows.size() == 0
                ? Optional.empty()
                : Optional.ofNullable(rows.iterator().next().getString(0)));
  }

  Uni<Optional<User>> holder(Token token) {
    return statements
        .run(HOLDER, Tuple.of(token.user(), token.jti()))
        .map(rows -> json.of(rows, "user", User.class).stream().findFirst());
  }

  Uni<Count> count(String kind, String subject, Duration window) {
    return statements
        .run(COUNT, Tuple.of(kind, subject, (double) window.toMillis()))
        .map(rows -> {
          Row row = rows.iterator().next();
          return new Count(
              row.getInteger("failures"), Duration.ofMillis(Math.max(1, row.getLong("left_ms"))));
        });
  }

  Uni<Void> forgive(SqlConnection tx, String kind, String subject) {
    return tx.preparedQuery(FORGIVE).execute(Tuple.of(kind, subject)).replaceWithVoid();
  }

  Uni<Void> forgive(String kind, String subject) {
    return statements.run(FORGIVE, Tuple.of(kind, subject)).replaceWithVoid();
  }

  Uni<Void> revoke(SqlConnection tx, Token token) {
    return tx.preparedQuery(REVOKE)
        .execute(Tuple.of(token.jti(), token.expires().atOffset(ZoneOffset.UTC)))
        .replaceWithVoid();
  }

  Uni<Void> forget() {
    return statements.run(FORGET).replaceWithVoid();
  }

  Uni<Boolean> firstAdminIsWanted() {
    return statements.run(WANTED).map(rows -> rows.iterator().next().getBoolean(0));
  }

  /** Empty: another replica was first. */
  Uni<Optional<User>> makeFirstAdmin(SqlConnection tx, String email, String hash) {
    return tx.preparedQuery(CLAIM)
        .execute()
        .chain(mine ->
            mine.rowCount() == 0
                ? Uni.createFrom().item(Optional.empty())
                : tx.preparedQuery(FIRST_ADMIN)
                    .execute(Tuple.of(email, hash))
                    .map(rows -> json.of(rows, "user", User.class).stream().findFirst()));
  }
}
