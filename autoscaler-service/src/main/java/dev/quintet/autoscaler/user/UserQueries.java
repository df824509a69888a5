package dev.quintet.autoscaler.user;

import dev.quintet.common.api.autoscaler.User;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Accounts as administrators and their owners see and change them. */
@ApplicationScoped
class UserQueries {
  /**
   * $1 role, $2 provider, $3 active, $4 text in email or name, each NULL for any; $5 id behind
   * which, $6 limit.
   */
  private static final String LIST =
      """
      SELECT autoscaler.user_json(u) AS "user"
        FROM autoscaler.users u
       WHERE ($1::text IS NULL OR u.role::text = $1)
         AND ($2::text IS NULL OR u.auth_provider::text = $2)
         AND ($3::boolean IS NULL OR u.is_active = $3)
         AND ($4::text IS NULL OR position(lower($4) IN lower(u.email || ' ' || u.full_name)) > 0)
         AND u.id > $5
       ORDER BY u.id
       LIMIT $6
      """;

  /** $1 id. No row: no such user. */
  private static final String FIND =
      "SELECT autoscaler.user_json(u) AS \"user\" FROM autoscaler.users u WHERE u.id = $1";

  /** $1 id. The row is locked before it is changed, so that what is told of it was so then. */
  private static final String LOCK =
      "SELECT autoscaler.user_json(u) AS \"user\" FROM autoscaler.users u WHERE u.id = $1 FOR UPDATE";

  /** $1 email, $2 hash, $3 full_name, $4 role. */
  private static final String CREATE =
      """
      INSERT INTO autoscaler.users AS u (email, hashed_password, full_name, role, auth_provider)
      VALUES ($1, $2, $3, $4::text::autoscaler.user_role, 'local')
      RETURNING autoscaler.user_json(u) AS "user"
      """;

  /** $1 id; the others NULL for as it is: $2 email, $3 full_name, $4 is_active, $5 hash. */
  private static final String CHANGE =
      """
      UPDATE autoscaler.users u
         SET email = coalesce($2, u.email), full_name = coalesce($3, u.full_name), is_active = coalesce($4, u.is_active),
             hashed_password = coalesce($5, u.hashed_password)
       WHERE u.id = $1
      RETURNING autoscaler.user_json(u) AS "user"
      """;

  /** $1 id, $2 role. A role that is set here no longer follows Keycloak's. */
  private static final String SET_ROLE =
      """
      UPDATE autoscaler.users u
         SET role = $2::text::autoscaler.user_role, role_override = (u.auth_provider = 'keycloak')
       WHERE u.id = $1
      RETURNING autoscaler.user_json(u) AS "user"
      """;

  /** $1 id. */
  private static final String CLEAR_OVERRIDE =
      "UPDATE autoscaler.users u SET role_override = false WHERE u.id = $1 RETURNING autoscaler.user_json(u) AS \"user\"";

  /** $1 id, $2 sub. */
  private static final String LINK =
      "UPDATE autoscaler.users u SET keycloak_user_id = $2 WHERE u.id = $1 RETURNING autoscaler.user_json(u) AS \"user\"";

  /** $1 id. Rows of audit_logs keep the email; their user_id becomes NULL by foreign key. */
  private static final String DELETE = "DELETE FROM autoscaler.users WHERE id = $1";

  private final Statements statements;
  private final JsonRows json;

  UserQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  /** Null: any. */
  record Filter(
      @Nullable String role,
      @Nullable String provider,
      @Nullable Boolean active,
      @Nullable String text) {}

  Uni<List<User>> list(Filter filter, int behind, int limit) {
    return statements
        .run(
            LIST,
            Tuple.tuple()
                .addString(filter.role())
                .addString(filter.provider())
                .addBoolean(filter.active())
                .addString(filter.text())
                .addInteger(behind)
                .addInteger(limit))
        .map(rows -> json.of(rows, "user", User.class));
  }

  Uni<Optional<User>> find(int id) {
    return statements.run(FIND, Tuple.of(id)).map(this::user);
  }

  Uni<Optional<User>> lock(SqlConnection tx, int id) {
    return tx.preparedQuery(LOCK).execute(Tuple.of(id)).map(this::user);
  }

  Uni<User> create(SqlConnection tx, String email, String hash, String name, String role) {
    return tx.preparedQuery(CREATE).execute(Tuple.of(email, hash, name, role)).map(this::changed);
  }

  Uni<User> change(
      SqlConnection tx,
      int id,
      @Nullable String email,
      @Nullable String name,
      @Nullable Boolean active,
      @Nullable String hash) {
    return tx.preparedQuery(CHANGE)
        .execute(
            Tuple.tuple()
                .addInteger(id)
                .addString(email)
                .addString(name)
                .addBoolean(active)
                .addString(hash))
        .map(this::changed);
  }

  Uni<User> setRole(SqlConnection tx, int id, String role) {
    return tx.preparedQuery(SET_ROLE).execute(Tuple.of(id, role)).map(this::changed);
  }

  Uni<User> clearOverride(SqlConnection tx, int id) {
    return tx.preparedQuery(CLEAR_OVERRIDE).execute(Tuple.of(id)).map(this::changed);
  }

  Uni<User> link(SqlConnection tx, int id, String sub) {
    return tx.preparedQuery(LINK).execute(Tuple.of(id, sub)).map(this::changed);
  }

  Uni<Void> delete(SqlConnection tx, int id) {
    return tx.preparedQuery(DELETE).execute(Tuple.of(id)).replaceWithVoid();
  }

  private Optional<User> user(RowSet<Row> rows) {
    return json.of(rows, "user", User.class).stream().findFirst();
  }

  private User changed(RowSet<Row> rows) {
    return json.of(rows, "user", User.class).getFirst();
  }
}
