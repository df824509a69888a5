package dev.quintet.autoscaler.user;

import dev.quintet.autoscaler.access.Actor;
import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Change;
import dev.quintet.autoscaler.audit.Changes;
import dev.quintet.autoscaler.user.SignIn.Inactive;
import dev.quintet.autoscaler.user.SignIn.LinkRequired;
import dev.quintet.autoscaler.user.SignIn.Unverified;
import dev.quintet.autoscaler.user.SignIn.Welcome;
import dev.quintet.common.api.autoscaler.User;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/**
 * Finds or makes the account of a person with a token. Each request asks, so the usual way is one
 * SELECT; only what is new or has changed is written. (An INSERT … ON CONFLICT would take a number
 * from the sequence per request, and users.id has no more than 2³¹ of them.)
 */
@ApplicationScoped
class SignIns {
  private final SignInQueries users;
  private final Statements statements;
  private final Changes changes;

  SignIns(SignInQueries users, Statements statements, Changes changes) {
    this.users = users;
    this.statements = statements;
    this.changes = changes;
  }

  Uni<SignIn> of(TokenPerson person, RoutingContext http) {
    return users
        .find(person.sub())
        .chain(found ->
            found.isPresent() && isKnown(found.get(), person)
                ? Uni.createFrom().item(admitted(found.get()))
                : statements.together(tx -> write(tx, person, http)));
  }

  /** Nothing to write. Whoever is inactive is told so, and nothing of his is kept up to date. */
  private static boolean isKnown(User user, TokenPerson person) {
    return !user.isActive()
        || (user.authProvider().equals("keycloak")
            && user.email().equals(person.email())
            && user.fullName().equals(person.fullName())
            && (user.roleOverride() || user.role().equals(person.role())));
  }

  private static SignIn admitted(User user) {
    return user.isActive() ? new Welcome(user) : new Inactive(user);
  }

  private Uni<SignIn> write(SqlConnection tx, TokenPerson person, RoutingContext http) {
    return users
        .findAlone(tx, person.sub())
        .chain(found ->
            found.isPresent() && isKnown(found.get(), person)
                ? Uni.createFrom().item(admitted(found.get()))
                : users
                    .emailIsAnothers(tx, person)
                    .chain(taken ->
                        taken
                            ? Uni.createFrom().item((SignIn) new LinkRequired(person.email()))
                            : write(tx, found, person, http)));
  }

  private Uni<SignIn> write(
      SqlConnection tx, Optional<User> found, TokenPerson person, RoutingContext http) {
    if (found.isEmpty()) {
      return users.create(tx, person).call(user -> met(tx, user, http)).map(Welcome::new);
    }
    User before = found.get();
    if (!before.authProvider().equals("keycloak") && !person.emailVerified()) {
      return Uni.createFrom().item(new Unverified(before));
    }
    return users
        .follow(tx, before, person)
        .call(user -> followed(tx, before, user, http))
        .map(Welcome::new);
  }

  private Uni<Void> met(SqlConnection tx, User user, RoutingContext http) {
    Actor himself = Actors.of(http, user.id(), user.email(), user.role());
    return changes.record(
        tx,
        himself,
        AuditAction.KEYCLOAK_LOGIN,
        Change.of(NO_ANSWER).on(user.id(), user.email()).described("first sight").to(user));
  }

  private Uni<Void> followed(SqlConnection tx, User before, User user, RoutingContext http) {
    Actor service = Actors.of(http, user.id(), user.email(), user.role()).system();
    Change change =
        before.equals(user)
            ? Change.none(NO_ANSWER)
            : Change.of(NO_ANSWER)
                .on(user.id(), user.email())
                .described("as Keycloak has it")
                .from(before)
                .to(user);
    return changes.record(tx, service, AuditAction.USER_UPDATED, change);
  }

  private static final Effect NO_ANSWER = Effect.of(200, null);
}
