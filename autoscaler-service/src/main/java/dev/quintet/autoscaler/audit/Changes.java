package dev.quintet.autoscaler.audit;

import dev.quintet.autoscaler.access.Actor;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.Idempotency;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.security.Caller;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The one way to change something: effect, audit row and stored answer are one transaction, so a
 * change that is on record happened, and one that happened is on record.
 *
 * <pre>{@code
 * return changes
 *     .make(key, actor, AuditAction.POOL_CREATED, request, tx -> pools.create(tx, request))
 *     .map(Answer::response);
 * }</pre>
 */
@ApplicationScoped
public class Changes {
  private final Idempotency idempotency;
  private final Statements statements;
  private final AuditQueries audit;

  Changes(Idempotency idempotency, Statements statements, AuditQueries audit) {
    this.idempotency = idempotency;
    this.statements = statements;
    this.audit = audit;
  }

  /**
   * With a key, a repeat gives the stored answer and writes no second row.
   *
   * @param request what the key stands for: path values and body
   */
  public Uni<Answer> make(
      @Nullable IdempotencyKey key,
      Actor actor,
      AuditAction action,
      Object request,
      Function<SqlConnection, Uni<Change>> change) {
    return idempotency.once(
        key, caller(actor), operation(action), request, recorded(actor, action, change));
  }

  /**
   * As {@link #make}, for what takes long: deleting something with all its history.
   *
   * @param atMost for all of it
   */
  public Uni<Answer> makeWithin(
      Duration atMost,
      @Nullable IdempotencyKey key,
      Actor actor,
      AuditAction action,
      Object request,
      Function<SqlConnection, Uni<Change>> change) {
    return idempotency.onceWithin(
        atMost, key, caller(actor), operation(action), request, recorded(actor, action, change));
  }

  private Function<SqlConnection, Uni<Effect>> recorded(
      Actor actor, AuditAction action, Function<SqlConnection, Uni<Change>> change) {
    return tx -> change.apply(tx).call(done -> record(tx, actor, action, done)).map(Change::effect);
  }

  private static String operation(AuditAction action) {
    return action.name().toLowerCase(Locale.ROOT);
  }

  /** Something that no request asked for: a job's doing, or a part of another change. */
  public Uni<Void> record(SqlConnection tx, Actor actor, AuditAction action, Change change) {
    return change.happened()
        ? audit.record(tx, actor, action, change)
        : Uni.createFrom().voidItem();
  }

  /**
   * Refused, so there is no transaction of an effect to be part of. Operations that carry {@link
   * Audited} need not call this.
   *
   * @param error the problem's code
   */
  public Uni<Void> refused(
      Actor actor, AuditAction action, @Nullable String resourceId, String error) {
    return statements.together(tx -> audit.refused(tx, actor, action, resourceId, error));
  }

  /** Two people may choose the same key; two machines of one client are one caller. */
  private static Caller caller(Actor actor) {
    String subject =
        actor.userId() == null ? actor.role() + ":" + actor.email() : "user:" + actor.userId();
    return new Caller(subject, actor.email(), java.util.Set.of(), null);
  }
}
