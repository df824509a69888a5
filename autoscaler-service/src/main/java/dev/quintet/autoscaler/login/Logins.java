package dev.quintet.autoscaler.login;

import dev.quintet.autoscaler.access.Actor;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Change;
import dev.quintet.autoscaler.audit.Changes;
import dev.quintet.autoscaler.login.LocalTokens.Token;
import dev.quintet.autoscaler.login.LoginQueries.Candidate;
import dev.quintet.autoscaler.login.LoginResult.Inactive;
import dev.quintet.autoscaler.login.LoginResult.LoggedIn;
import dev.quintet.autoscaler.login.LoginResult.Right;
import dev.quintet.autoscaler.login.LoginResult.TooMany;
import dev.quintet.autoscaler.login.LoginResult.Wrong;
import dev.quintet.autoscaler.password.Passwords;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.User;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Logging in by password and out again; every try is on record. An account takes 5 wrong passwords
 * in 15 minutes, an address 10 tries a minute; both are counted in the database, for all replicas.
 */
@ApplicationScoped
class Logins {
  private static final String ACCOUNT = "account";
  private static final String ADDRESS = "ip";
  private static final int TRIES_OF_ACCOUNT = 5;
  private static final int TRIES_OF_ADDRESS = 10;
  private static final Duration WINDOW_OF_ACCOUNT = Duration.ofMinutes(15);
  private static final Duration WINDOW_OF_ADDRESS = Duration.ofMinutes(1);
  private static final int LONGEST_EMAIL = 255;

  private final LoginQueries queries;
  private final Passwords passwords;
  private final LocalTokens tokens;
  private final Statements statements;
  private final Changes changes;

  Logins(
      LoginQueries queries,
      Passwords passwords,
      LocalTokens tokens,
      Statements statements,
      Changes changes) {
    this.queries = queries;
    this.passwords = passwords;
    this.tokens = tokens;
    this.statements = statements;
    this.changes = changes;
  }

  /** {@code somebody}: with the email that was given, in lower case. */
  Uni<LoginResult> logIn(Actor somebody, String password) {
    Supplier<Uni<LoginResult>> asAccount =
        () -> asAccount(somebody, () -> compared(somebody, password));
    String address = somebody.ipAddress();
    // The address is asked first: whoever is stopped there spends nobody's account's tries.
    return address == null
        ? asAccount.get()
        : within(somebody, ADDRESS, address, TRIES_OF_ADDRESS, WINDOW_OF_ADDRESS, asAccount);
  }

  /**
   * Is it this user's password? Guesses count as failed logins do: whoever finds an open dashboard
   * must not be able to try at leisure.
   *
   * @return empty: it is
   */
  Uni<Optional<LoginResult>> confirm(Actor actor, int user, String password) {
    return asAccount(
            actor,
            () ->
                queries
                    .hash(user)
                    .chain(hash -> passwords.matches(password, hash.orElse(null)))
                    .chain(same -> confirmed(actor, user, same)))
        .map(result -> result instanceof Right ? Optional.empty() : Optional.of(result));
  }

  private Uni<LoginResult> confirmed(Actor actor, int user, boolean same) {
    return same
        ? queries.forgive(ACCOUNT, account(actor.email())).replaceWith(new Right())
        : failed(actor, Integer.toString(user), AutoscalerProblem.BAD_CREDENTIALS)
            .replaceWith(new Wrong());
  }

  private Uni<LoginResult> asAccount(Actor actor, Supplier<Uni<LoginResult>> next) {
    return within(
        actor, ACCOUNT, account(actor.email()), TRIES_OF_ACCOUNT, WINDOW_OF_ACCOUNT, next);
  }

  private Uni<LoginResult> within(
      Actor actor,
      String kind,
      String subject,
      int most,
      Duration window,
      Supplier<Uni<LoginResult>> next) {
    return queries
        .count(kind, subject, window)
        .chain(count ->
            count.tries() <= most
                ? next.get()
                : failed(actor, null, AutoscalerProblem.TOO_MANY_LOGINS)
                    .replaceWith(new TooMany(count.left())));
  }

  private Uni<LoginResult> compared(Actor somebody, String password) {
    return queries
        .find(somebody.email())
        .chain(found ->
            passwords
                .matches(password, found.map(Candidate::hash).orElse(null))
                .chain(same -> answered(somebody, found.map(Candidate::user), same)));
  }

  private Uni<LoginResult> answered(Actor somebody, Optional<User> found, boolean same) {
    if (!same || found.isEmpty()) {
      return failed(
              somebody,
              found.map(user -> Integer.toString(user.id())).orElse(null),
              AutoscalerProblem.BAD_CREDENTIALS)
          .replaceWith(new Wrong());
    }
    User user = found.get();
    if (!user.isActive()) {
      return failed(somebody, Integer.toString(user.id()), AutoscalerProblem.USER_INACTIVE)
          .replaceWith(new Inactive());
    }
    Actor himself = somebody.as(user.id(), user.email(), user.role());
    return statements
        .together(tx ->
            queries
                .forgive(tx, ACCOUNT, account(user.email()))
                .chain(() ->
                    changes.record(
                        tx,
                        himself,
                        AuditAction.LOGIN_SUCCESS,
                        Change.of(NO_ANSWER).on(user.id(), user.email()))))
        .map(done -> new LoggedIn(user, tokens.issue(user.id())));
  }

  Uni<Void> logOut(Actor actor, Token token) {
    return statements.together(tx ->
        queries
            .revoke(tx, token)
            .chain(() ->
                changes.record(
                    tx,
                    actor,
                    AuditAction.LOGOUT,
                    Change.of(NO_ANSWER).on(token.user(), actor.email()))));
  }

  private Uni<Void> failed(Actor actor, @Nullable String user, AutoscalerProblem why) {
    return changes.refused(actor, AuditAction.LOGIN_FAILED, user, why.code());
  }

  private static String account(String email) {
    return email.length() <= LONGEST_EMAIL ? email : email.substring(0, LONGEST_EMAIL);
  }

  private static final Effect NO_ANSWER = Effect.of(200, null);
}
