package dev.quintet.autoscaler.node;

import dev.quintet.autoscaler.access.Actor;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Change;
import dev.quintet.autoscaler.audit.Changes;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.EnrollmentToken;
import dev.quintet.common.api.autoscaler.EnrollmentTokenIssued;
import dev.quintet.common.api.autoscaler.EnrollmentTokenRequest;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Making and revoking enrolment tokens; {@link Nodes} lets agents in by them. */
@ApplicationScoped
class Enrollments {
  private final Changes changes;
  private final EnrollmentQueries tokens;
  private final Secrets secrets;

  Enrollments(Changes changes, EnrollmentQueries tokens, Secrets secrets) {
    this.changes = changes;
    this.tokens = tokens;
    this.secrets = secrets;
  }

  Uni<Answer> create(@Nullable IdempotencyKey key, Actor actor, EnrollmentTokenRequest request) {
    return changes.make(
        key,
        actor,
        AuditAction.ENROLLMENT_TOKEN_CREATED,
        request,
        tx -> {
          var secret = secrets.enrollmentToken();
          return tokens
              .insert(tx, secret, request, actor.email())
              .chain(id -> tokens.view(tx, id))
              .map(made -> {
                var token = known(made);
                var answer = new EnrollmentTokenIssued(token, secret.text(), false);
                return Change.of(
                        new Effect(
                                201,
                                Map.of("Location", "/api/v1/enrollment-tokens/" + token.id()),
                                answer)
                            .repeatedAs(answer.again()))
                    .on(token.id(), token.tokenPrefix())
                    .to(token);
              });
        });
  }

  Uni<Answer> revoke(@Nullable IdempotencyKey key, Actor actor, int id) {
    return changes.make(
        key,
        actor,
        AuditAction.ENROLLMENT_TOKEN_REVOKED,
        List.of(id),
        tx ->
            tokens
                .lock(tx, id)
                .map(Enrollments::known)
                .chain(before ->
                    before.revokedAt() != null
                        ? Uni.createFrom().item(Change.none(Effect.of(204, null)))
                        : revoked(tx, before)));
  }

  private Uni<Change> revoked(SqlConnection tx, EnrollmentToken before) {
    return tokens
        .revoke(tx, before.id())
        .chain(() -> tokens.view(tx, before.id()))
        .map(now ->
            Change.of(Effect.of(204, null))
                .on(before.id(), before.tokenPrefix())
                .from(before)
                .to(known(now)));
  }

  private static EnrollmentToken known(Optional<EnrollmentToken> found) {
    return found.orElseThrow(
        () -> new ProblemException(AutoscalerProblem.UNKNOWN_ENROLLMENT_TOKEN));
  }
}
