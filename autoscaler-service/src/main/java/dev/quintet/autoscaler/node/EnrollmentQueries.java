package dev.quintet.autoscaler.node;

import dev.quintet.autoscaler.node.Secrets.Secret;
import dev.quintet.common.api.autoscaler.EnrollmentToken;
import dev.quintet.common.api.autoscaler.EnrollmentTokenRequest;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

@ApplicationScoped
class EnrollmentQueries {
  /** $1 the one token or NULL, $2 id to start behind, $3 rows. */
  private static final String LIST =
      """
      SELECT row_to_json(t)::text AS row
        FROM (SELECT id, token_prefix, region, max_uses, uses, expires_at, created_by, created_at, revoked_at
                FROM autoscaler.enrollment_tokens
               WHERE ($1::integer IS NULL OR id = $1) AND id > $2
               ORDER BY id
               LIMIT $3) AS t
      """;

  /** $1 hash, $2 prefix, $3 region or NULL, $4 max_uses, $5 seconds it is valid, $6 by whom. */
  private static final String INSERT =
      """
      INSERT INTO autoscaler.enrollment_tokens (token_hash, token_prefix, region, max_uses, expires_at, created_by)
      VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5), $6) RETURNING id
      """;

  /** $1 token. No row: there is none. */
  private static final String LOCK =
      "SELECT id FROM autoscaler.enrollment_tokens WHERE id = $1 FOR UPDATE";

  /** $1 token. */
  private static final String REVOKE =
      "UPDATE autoscaler.enrollment_tokens SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL";

  /**
   * $1 hash, $2 region. The count and its check are one: callers at once wait here for each other.
   * No row: it is not good for this.
   */
  private static final String USE =
      """
      UPDATE autoscaler.enrollment_tokens
         SET uses = uses + 1
       WHERE token_hash = $1 AND uses < max_uses AND expires_at > now() AND revoked_at IS NULL
         AND (region IS NULL OR region = $2)
      RETURNING id
      """;

  /** $1 hash. Why it is not. No row: there is no such token. */
  private static final String STATE =
      """
      SELECT revoked_at IS NOT NULL OR expires_at <= now() AS over, uses >= max_uses AS used_up, region
        FROM autoscaler.enrollment_tokens WHERE token_hash = $1
      """;

  private final Statements statements;
  private final JsonRows json;

  EnrollmentQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  Uni<List<EnrollmentToken>> list(int after, int rows) {
    return statements
        .run(LIST, Tuple.of(null, after, rows))
        .map(found -> json.of(found, "row", EnrollmentToken.class));
  }

  Uni<Optional<EnrollmentToken>> find(int id) {
    return statements
        .run(LIST, Tuple.of(id, -1, 1))
        .map(found -> json.of(found, "row", EnrollmentToken.class).stream().findFirst());
  }

  Uni<Optional<EnrollmentToken>> lock(SqlConnection tx, int id) {
    return tx.preparedQuery(LOCK).execute(Tuple.of(id)).chain(locked -> view(tx, id));
  }

  Uni<Optional<EnrollmentToken>> view(SqlConnection tx, int id) {
    return tx.preparedQuery(LIST)
        .execute(Tuple.of(id, -1, 1))
        .map(found -> json.of(found, "row", EnrollmentToken.class).stream().findFirst());
  }

  Uni<Integer> insert(SqlConnection tx, Secret token, EnrollmentTokenRequest request, String by) {
    return tx.preparedQuery(INSERT)
        .execute(
            Tuple.of(
                token.hash(),
                token.prefix(),
                request.region(),
                request.uses(),
                (double) request.seconds(),
                by))
        .map(made -> made.iterator().next().getInteger("id"));
  }

  Uni<Void> revoke(SqlConnection tx, int id) {
    return tx.preparedQuery(REVOKE).execute(Tuple.of(id)).replaceWithVoid();
  }

  /** What came of showing a token. */
  sealed interface Use {
    record Counted(int token) implements Use {}

    /** Unknown, revoked or past its time: which of them is not the caller's business. */
    record Invalid() implements Use {}

    record UsedUp() implements Use {}

    record OtherRegion(String region) implements Use {}
  }

  Uni<Use> use(SqlConnection tx, String hash, String region) {
    return tx.preparedQuery(USE)
        .execute(Tuple.of(hash, region))
        .chain(counted ->
            counted.size() == 1
                ? Uni.createFrom().item(new Use.Counted(counted.iterator().next().getInteger("id")))
                : refusal(tx, hash));
  }

  private static Uni<Use> refusal(SqlConnection tx, String hash) {
    return tx.preparedQuery(STATE)
        .execute(Tuple.of(hash))
        .map(found -> found.size() == 0 ? new Use.Invalid() : refusal(found.iterator().next()));
  }

  private static Use refusal(Row token) {
    @Nullable String region = token.getString("region");
    if (token.getBoolean("over")) {
      return new Use.Invalid();
    }
    return token.getBoolean("used_up") || region == null
        ? new Use.UsedUp()
        : new Use.OtherRegion(region);
  }
}
