package dev.quintet.coordination.subject;

import dev.quintet.common.api.coordination.Document;
import dev.quintet.common.api.coordination.DocumentRequest;
import dev.quintet.common.api.coordination.User;
import dev.quintet.common.api.coordination.UserRequest;
import dev.quintet.common.sql.JsonRows;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.UUID;

/** Rows of users and documents; their triggers tell the caches. */
@ApplicationScoped
class SubjectQueries {
  /** $1 id, $2 email, $3 role, $4 subscription_tier. */
  private static final String PUT_USER =
      """
      INSERT INTO coordination.users AS u (id, email, role, subscription_tier) VALUES ($1, $2, $3, $4)
      ON CONFLICT (id) DO UPDATE SET email = excluded.email, role = excluded.role, subscription_tier = excluded.subscription_tier,
                                     updated_at = now()
      RETURNING u.xmax = 0 AS made, row_to_json(u)::text AS row
      """;

  /** $1 id. No row: no such user. */
  private static final String FIND_USER =
      "SELECT row_to_json(u)::text AS row FROM coordination.users u WHERE u.id = $1";

  /** $1 id. */
  private static final String DELETE_USER = "DELETE FROM coordination.users WHERE id = $1";

  /** $1 id, $2 email or NULL, $3 role. A person keeps the tier that he was given. */
  private static final String SEEN =
      """
      INSERT INTO coordination.users AS u (id, email, role) VALUES ($1, $2, $3)
      ON CONFLICT (id) DO UPDATE SET email = coalesce(excluded.email, u.email), role = excluded.role, updated_at = now()
       WHERE (u.email, u.role) IS DISTINCT FROM (coalesce(excluded.email, u.email), excluded.role)
      """;

  /** $1 id, $2 user_id, $3 status, $4 content_hash, $5 perceptual_hash, $6 title, $7 metadata. */
  private static final String PUT_DOCUMENT =
      """
      INSERT INTO coordination.documents AS d (id, user_id, status, content_hash, perceptual_hash, title, metadata)
      VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb)
      ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, status = excluded.status, content_hash = excluded.content_hash,
                                     perceptual_hash = excluded.perceptual_hash, title = excluded.title, metadata = excluded.metadata,
                                     updated_at = now()
      RETURNING d.xmax = 0 AS made, row_to_json(d)::text AS row
      """;

  /** $1 id. No row: no such document. */
  private static final String FIND_DOCUMENT =
      "SELECT row_to_json(d)::text AS row FROM coordination.documents d WHERE d.id = $1";

  /** $1 id. */
  private static final String DELETE_DOCUMENT = "DELETE FROM coordination.documents WHERE id = $1";

  private final Statements statements;
  private final JsonRows json;

  SubjectQueries(Statements statements, JsonRows json) {
    this.statements = statements;
    this.json = json;
  }

  /**
   * A row after it was written.
   *
   * @param made whether it was not there before
   */
  record Put<T>(boolean made, T row) {}

  Uni<Put<User>> putUser(UUID id, UserRequest user) {
    return statements
        .run(PUT_USER, Tuple.of(id, user.email(), user.role(), user.subscriptionTier()))
        .map(rows -> put(rows, User.class));
  }

  Uni<Optional<User>> findUser(UUID id) {
    return statements
        .run(FIND_USER, Tuple.of(id))
        .map(rows -> json.of(rows, "row", User.class).stream().findFirst());
  }

  /** False: there was none. */
  Uni<Boolean> deleteUser(UUID id) {
    return statements.run(DELETE_USER, Tuple.of(id)).map(done -> done.rowCount() > 0);
  }

  Uni<Void> seen(Person person) {
    return statements
        .run(SEEN, Tuple.of(person.id(), person.email(), person.role()))
        .replaceWithVoid();
  }

  Uni<Put<Document>> putDocument(UUID id, DocumentRequest document) {
    return statements
        .run(
            PUT_DOCUMENT,
            Tuple.tuple()
                .addUUID(id)
                .addUUID(document.userId())
                .addString(document.status())
                .addString(document.contentHash())
                .addString(document.perceptualHash())
                .addString(document.title())
                .addString(document.metadata().toString()))
        .map(rows -> put(rows, Document.class));
  }

  Uni<Optional<Document>> findDocument(UUID id) {
    return statements
        .run(FIND_DOCUMENT, Tuple.of(id))
        .map(rows -> json.of(rows, "row", Document.class).stream().findFirst());
  }

  /** False: there was none. */
  Uni<Boolean> deleteDocument(UUID id) {
    return statements.run(DELETE_DOCUMENT, Tuple.of(id)).map(done -> done.rowCount() > 0);
  }

  private <T> Put<T> put(RowSet<Row> rows, Class<T> type) {
    return new Put<>(
        rows.iterator().next().getBoolean("made"), json.of(rows, "row", type).getFirst());
  }
}
