package dev.quintet.autoscaler.login;

import dev.quintet.autoscaler.access.Actor;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Change;
import dev.quintet.autoscaler.audit.Changes;
import dev.quintet.autoscaler.password.Passwords;
import dev.quintet.common.api.autoscaler.User;
import dev.quintet.common.api.autoscaler.UserRules;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.job.Trouble;
import dev.quintet.common.sql.Statements;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Makes the first local administrator with the start-up secret, once in the life of the database:
 * deleting him does not bring him back. A job and not a step of the start, as a service starts
 * without its database; when the work is done it has nothing more to do.
 */
@ApplicationScoped
class FirstAdminJob {
  private static final Logger LOG = Logger.getLogger(FirstAdminJob.class);

  private final BreakglassConfig config;
  private final LoginQueries queries;
  private final Passwords passwords;
  private final Statements statements;
  private final Changes changes;
  private final Trouble trouble = new Trouble(LOG, "first_admin");
  private volatile boolean done;

  FirstAdminJob(
      BreakglassConfig config,
      LoginQueries queries,
      Passwords passwords,
      Statements statements,
      Changes changes) {
    this.config = config;
    this.queries = queries;
    this.passwords = passwords;
    this.statements = statements;
    this.changes = changes;
    this.done = !config.enabled() || config.bootstrap().isEmpty();
  }

  void atStart(@Observes StartupEvent start) {
    if (!done && !UserRules.isPassword(config.bootstrap().orElseThrow())) {
      throw new IllegalStateException(
          "quintet.autoscaler.breakglass.bootstrap must have 12 to 72 bytes in UTF-8");
    }
    if (!done && !UserRules.isEmail(UserRules.normalized(config.bootstrapEmail()))) {
      throw new IllegalStateException(
          "quintet.autoscaler.breakglass.bootstrap-email is not an address");
    }
  }

  @Scheduled(
      every = "5s",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "autoscaler-first-admin")
  Uni<Void> run() {
    if (done) {
      return Uni.createFrom().voidItem();
    }
    return queries
        .firstAdminIsWanted()
        .chain(wanted -> wanted ? make() : Uni.createFrom().voidItem())
        .invoke(() -> {
          done = true;
          trouble.worked();
        })
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return null;
        });
  }

  /** As another replica, or this one on another day. */
  void startAgain() {
    done = false;
  }

  private Uni<Void> make() {
    String email = UserRules.normalized(config.bootstrapEmail());
    return passwords
        .hash(config.bootstrap().orElseThrow())
        .chain(hash ->
            statements.together(
                tx -> queries.makeFirstAdmin(tx, email, hash).call(made -> record(tx, made))))
        .invoke(made ->
            made.ifPresent(user ->
                LOG.warnf(
                    "event=first_admin_made email=%s advice=\"change the password and take the secret away\"",
                    user.email())))
        .replaceWithVoid();
  }

  private Uni<Void> record(SqlConnection tx, Optional<User> made) {
    return made.isEmpty()
        ? Uni.createFrom().voidItem()
        : changes.record(
            tx,
            new Actor(null, "system", "SYSTEM", null, null, "start"),
            AuditAction.USER_CREATED,
            Change.of(Effect.of(201, null))
                .on(made.get().id(), made.get().email())
                .described("made with the start-up secret")
                .to(made.get()));
  }
}
