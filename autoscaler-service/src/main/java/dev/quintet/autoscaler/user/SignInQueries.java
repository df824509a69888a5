package dev.quintet.autoscaler.user;

import dev.quintet.common.api.autoscaler.User;
import dev.quintet.common.sql.FleetLocks;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/** The row behind a token. */
@ApplicationScoped
class SignInQueries {
  /** $1 sub. No row: never seen. */
  private static final String FIND =
      "SELECT autoscaler.user_json(u) AS \"user\" FROM autoscaler.users u WHERE u.keycloak_user_id = $1";

  /**
   * $1 sub. The row is locked before anybody asks for the last administrator, here as where
   * administrators change accounts: in one order, nobody waits in a circle.
   */
  private static final String FIND_ALONE =
      "SELECT autoscaler.user_json(u) AS \"user\" FROM autoscaler.users u WHERE u.keycloak_user_id = $1 FOR UPDATE";

  /** $1 key. Those who are new at the same moment are first one after the other. */
  private static final String LOCK = "SELECT pg_advisory_xact_lock($1)";

  /** $1 email, $2 sub. No row: the email is free for him. */
  private static final String CLASH =
      """
      SELECT 1 FROM autoscaler.users WHERE lower(email) = lower($1) AND keycloak_user_id IS DISTINCT FROM $2
      """;

  /** $1 sub, $2 email, $3 full_name, $4 role. */
  private static final String CREATE =
      """
      INSERT INTO autoscaler.users AS u (keycloak_user_id, email, full_name, role, auth_provider)
      VALUES ($1, $2, $3, $4::text::autoscaler.user_role, 'keycloak')
      RETURNING autoscaler.user_json(u) AS "user"
      """;

  /**
   * $1 id, $2 email, $3 full_name, $4 role. A role that was set here stays, and so does that of the
   * last administrator: a change in Keycloak must not lock everybody out.
   */
  private static final String FOLLOW =
      """
      UPDATE autoscaler.users u
         SET email = $2, full_name = $3, auth_provider = 'keycloak',
             role = CASE WHEN u.role_override OR u.role::text = $4 THEN u.role
                         WHEN u.role = 'ADMIN' AND NOT autoscaler.another_admin(u.id) THEN u.role
                         ELSE $4::text::autoscaler.user_role END
       WHERE u.id = $1
      RETURNING autoscaler.user_json(u) AS "user"
      """;

  private final Statements statements;
  private final JsonRows json;

  SignInQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  Uni<Optional<User>> find(String sub) {
    return statements
        .run(FIND, Tuple.of(sub))
        .map(rows -> json.of(rows, "user", User.class).stream().findFirst());
  }

  /** Again, behind whoever is at the same person's row. */
  Uni<Optional<User>> findAlone(SqlConnection tx, String sub) {
    return tx.preparedQuery(LOCK)
        .execute(Tuple.of(FleetLocks.key("autoscaler", "sub:" + sub)))
        .chain(() -> tx.preparedQuery(FIND_ALONE).execute(Tuple.of(sub)))
        .map(rows -> json.of(rows, "user", User.class).stream().findFirst());
  }

  Uni<Boolean> emailIsAnothers(SqlConnection tx, TokenPerson person) {
    return tx.preparedQuery(CLASH)
        .execute(Tuple.of(person.email(), person.sub()))
        .map(rows -> rows.size() > 0);
  }

  Uni<User> create(SqlConnection tx, TokenPerson person) {
    return tx.preparedQuery(CREATE)
        .execute(Tuple.of(person.sub(), person.email(), person.fullName(), person.role()))
        .map(rows -> json.of(rows, "user", User.class).getFirst());
  }

  Uni<User> follow(SqlConnection tx, User user, TokenPerson person) {
    return tx.preparedQuery(FOLLOW)
        .execute(Tuple.of(user.id(), person.email(), person.fullName(), person.role()))
        .map(rows -> json.of(rows, "user", User.class).getFirst());
  }
}
