package dev.quintet.autoscaler.node;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.Cursors;
import dev.quintet.autoscaler.access.RowId;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Audited;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.EnrollmentToken;
import dev.quintet.common.api.autoscaler.EnrollmentTokenIssued;
import dev.quintet.common.api.autoscaler.EnrollmentTokenRequest;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Tokens with which agents register themselves. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "nodes")
@RolesAllowed(Roles.DEVOPS)
public class EnrollmentResource {
  private final Enrollments enrollments;
  private final EnrollmentQueries queries;
  private final Actors actors;

  EnrollmentResource(Enrollments enrollments, EnrollmentQueries queries, Actors actors) {
    this.enrollments = enrollments;
    this.queries = queries;
    this.actors = actors;
  }

  @GET
  @Path("/enrollment-tokens")
  @Operation(summary = "The enrolment tokens, ended ones too, by id")
  @Problems({"invalid_limit", "invalid_cursor"})
  public Uni<Page<EnrollmentToken>> enrollmentTokens(
      @QueryParam("limit") @Nullable String limit, @QueryParam("cursor") @Nullable String cursor) {
    var page = PageRequest.of(limit, cursor, 1);
    return queries
        .list(Cursors.id(page), page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.id())));
  }

  @GET
  @Path("/enrollment-tokens/{id}")
  @Operation(summary = "An enrolment token", description = "404 unknown_enrollment_token.")
  public Uni<EnrollmentToken> enrollmentToken(RowId id) {
    return queries
        .find(id.value())
        .map(found ->
            found.orElseThrow(
                () -> new ProblemException(AutoscalerProblem.UNKNOWN_ENROLLMENT_TOKEN)));
  }

  @POST
  @Path("/enrollment-tokens")
  @Audited(AuditAction.ENROLLMENT_TOKEN_CREATED)
  @Operation(
      summary = "Make an enrolment token",
      description =
          "It is shown this once: a repeat with the same Idempotency-Key is answered with token null and token_already_shown true.")
  @APIResponseSchema(value = EnrollmentTokenIssued.class, responseCode = "201")
  @Problems({"invalid_name", "idempotency_key_reused", "invalid_idempotency_key"})
  public Uni<Response> createEnrollmentToken(
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      EnrollmentTokenRequest request) {
    return enrollments.create(key, actors.current(), request).map(Answer::response);
  }

  @DELETE
  @Path("/enrollment-tokens/{id}")
  @Audited(AuditAction.ENROLLMENT_TOKEN_REVOKED)
  @Operation(
      summary = "Revoke an enrolment token",
      description = "No node registers with it any more; those that did are not touched.")
  @APIResponse(responseCode = "204", description = "it is not valid any more")
  @Problems({"unknown_enrollment_token", "idempotency_key_reused", "invalid_idempotency_key"})
  public Uni<Response> revokeEnrollmentToken(
      RowId id, @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key) {
    return enrollments.revoke(key, actors.current(), id.value()).map(Answer::response);
  }
}
