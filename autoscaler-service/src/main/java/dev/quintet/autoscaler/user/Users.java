package dev.quintet.autoscaler.user;

import dev.quintet.autoscaler.access.Actor;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Change;
import dev.quintet.autoscaler.audit.Changes;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.LinkRequest;
import dev.quintet.common.api.autoscaler.User;
import dev.quintet.common.api.autoscaler.UserChange;
import dev.quintet.common.api.autoscaler.UserRequest;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Changes to accounts. That one active administrator remains, a trigger sees to, whoever changes
 * what.
 */
@ApplicationScoped
public class Users {
  private static final String LOCAL = "local";

  private final UserQueries users;
  private final Changes changes;

  Users(UserQueries users, Changes changes) {
    this.users = users;
    this.changes = changes;
  }

  Uni<Answer> create(@Nullable IdempotencyKey key, Actor actor, UserRequest request, String hash) {
    String role = request.role() == null ? "USER" : request.role();
    return changes.make(
        key,
        actor,
        AuditAction.USER_CREATED,
        request.withoutPassword(),
        tx ->
            users
                .create(
                    tx,
                    Objects.requireNonNull(request.email()),
                    hash,
                    Objects.requireNonNull(request.fullName()),
                    role)
                .map(user ->
                    Change.of(
                            new Effect(201, Map.of("Location", "/api/v1/users/" + user.id()), user))
                        .on(user.id(), user.email())
                        .to(user)));
  }

  /** {@code hash}: of a new password; null: the old one stays. */
  Uni<Answer> change(
      @Nullable IdempotencyKey key,
      Actor actor,
      int id,
      UserChange request,
      @Nullable String hash) {
    return changed(
        key,
        actor,
        AuditAction.USER_UPDATED,
        id,
        List.of(id, request.withoutPassword()),
        (tx, before) -> {
          boolean keycloaks = request.email() != null || request.fullName() != null || hash != null;
          if (keycloaks && !before.authProvider().equals(LOCAL)) {
            throw new ProblemException(
                AutoscalerProblem.NOT_LOCAL_USER,
                "email, name and password of a Keycloak user are Keycloak's");
          }
          return users
              .change(tx, id, request.email(), request.fullName(), request.isActive(), hash)
              .map(after -> told(before, after, hash != null));
        });
  }

  /**
   * What a local user changes about himself.
   *
   * @param hash of a new password; null: the old one stays
   */
  public Uni<Answer> changeProfile(
      @Nullable IdempotencyKey key,
      Actor actor,
      int id,
      @Nullable String fullName,
      @Nullable String hash) {
    return changed(
        key,
        actor,
        hash == null ? AuditAction.PROFILE_UPDATED : AuditAction.PASSWORD_CHANGED,
        id,
        fullName == null ? List.of(id) : List.of(id, fullName),
        (tx, before) -> {
          if (!before.authProvider().equals(LOCAL)) {
            throw new ProblemException(AutoscalerProblem.NOT_LOCAL_USER);
          }
          return users
              .change(tx, id, null, fullName, null, hash)
              .map(after -> told(before, after, hash != null));
        });
  }

  public Uni<User> find(int id) {
    return users.find(id).map(found -> found.orElseThrow(() -> unknown(id)));
  }

  Uni<Answer> setRole(@Nullable IdempotencyKey key, Actor actor, int id, String role) {
    return changed(
        key,
        actor,
        AuditAction.USER_ROLE_CHANGED,
        id,
        List.of(id, role),
        (tx, before) -> users.setRole(tx, id, role).map(after -> told(before, after, false)));
  }

  Uni<Answer> clearOverride(@Nullable IdempotencyKey key, Actor actor, int id) {
    return changed(
        key,
        actor,
        AuditAction.USER_ROLE_CHANGED,
        id,
        id,
        (tx, before) -> users.clearOverride(tx, id).map(after -> told(before, after, false)));
  }

  Uni<Answer> link(@Nullable IdempotencyKey key, Actor actor, int id, LinkRequest request) {
    String sub = Objects.requireNonNull(request.keycloakUserId());
    return changed(
        key,
        actor,
        AuditAction.USER_LINKED,
        id,
        List.of(id, request),
        (tx, before) -> {
          if (!before.authProvider().equals(LOCAL)) {
            throw new ProblemException(
                AutoscalerProblem.NOT_LOCAL_USER, "this is a Keycloak user already");
          }
          return users.link(tx, id, sub).map(after -> told(before, after, false));
        });
  }

  Uni<Answer> delete(@Nullable IdempotencyKey key, Actor actor, int id) {
    // Whoever deletes himself is on record by his email only: his row is gone by then.
    boolean himself = actor.userId() != null && actor.userId() == id;
    return changes.make(
        key,
        himself ? actor.withoutRow() : actor,
        AuditAction.USER_DELETED,
        id,
        tx ->
            users
                .lock(tx, id)
                .map(found -> found.orElseThrow(() -> unknown(id)))
                .call(user -> users.delete(tx, id))
                .map(user ->
                    Change.of(Effect.of(204, null)).on(user.id(), user.email()).from(user)));
  }

  private Uni<Answer> changed(
      @Nullable IdempotencyKey key,
      Actor actor,
      AuditAction action,
      int id,
      Object request,
      BiFunction<SqlConnection, User, Uni<Change>> change) {
    return changes.make(
        key,
        actor,
        action,
        request,
        tx ->
            users
                .lock(tx, id)
                .map(found -> found.orElseThrow(() -> unknown(id)))
                .chain(before -> change.apply(tx, before)));
  }

  private static Change told(User before, User after, boolean newPassword) {
    var effect = Effect.of(200, after);
    if (before.equals(after) && !newPassword) {
      return Change.none(effect);
    }
    var change = Change.of(effect).on(after.id(), after.email()).from(before).to(after);
    return newPassword ? change.with("password", "changed") : change;
  }

  static ProblemException unknown(long id) {
    return new ProblemException(AutoscalerProblem.UNKNOWN_USER, "no user " + id);
  }
}
