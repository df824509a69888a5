package dev.quintet.coordination.modelkey;

import dev.quintet.common.api.coordination.ApiKeyAudit;
import dev.quintet.common.api.coordination.ApiKeyLease;
import dev.quintet.common.api.coordination.ApiKeyLeaseRequest;
import dev.quintet.common.api.coordination.ApiKeyOutcome;
import dev.quintet.common.api.coordination.ApiKeyReported;
import dev.quintet.common.api.coordination.ApiKeyRequest;
import dev.quintet.common.api.coordination.ApiKeyRotated;
import dev.quintet.common.api.coordination.ApiKeyRotation;
import dev.quintet.common.api.coordination.ApiKeyStored;
import dev.quintet.common.api.coordination.ApiKeys;
import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.Rewrap;
import dev.quintet.common.api.coordination.RewrapRequest;
import dev.quintet.common.api.coordination.Segments;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import dev.quintet.coordination.modelkey.LeaseResult.KekMissing;
import dev.quintet.coordination.modelkey.LeaseResult.Leased;
import dev.quintet.coordination.modelkey.LeaseResult.NoUsableKey;
import dev.quintet.coordination.modelkey.LeaseResult.UnknownModel;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/** Keys of models' providers. What is shown of them is what tells them apart, but for a lease. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "api-keys")
public class ModelKeyResource {
  private static final String NO_STORE = "no-store";
  private static final Duration A_MINUTE = Duration.ofMinutes(1);

  private final ModelKeys keys;
  private final KeyChanges changes;
  private final KeyQueries queries;
  private final Callers callers;

  ModelKeyResource(ModelKeys keys, KeyChanges changes, KeyQueries queries, Callers callers) {
    this.keys = keys;
    this.changes = changes;
    this.queries = queries;
    this.callers = callers;
  }

  @PUT
  @Path("/api-keys/{model}")
  @RolesAllowed(Roles.ADMIN)
  @Operation(
      summary = "Set the keys of a model",
      description = "Those of before are revoked at once; to change a key without that, rotate it.")
  @APIResponseSchema(value = ApiKeyStored.class, responseCode = "200")
  @Problems({
    "invalid_api_key",
    "invalid_key_segment",
    "rotation_in_progress",
    "kek_unavailable",
    "idempotency_key_reused",
    "invalid_idempotency_key"
  })
  public Uni<Response> putKeys(
      String model,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      ApiKeyRequest request) {
    check(model);
    return changes.put(key, callers.current(), model, request).map(ModelKeyResource::unstored);
  }

  @GET
  @Path("/api-keys")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(summary = "The models that have keys, by name")
  @Problems({"invalid_limit", "invalid_cursor"})
  public Uni<Page<ApiKeys>> keys(
      @QueryParam("limit") @Nullable String limit, @QueryParam("cursor") @Nullable String cursor) {
    var page = PageRequest.of(limit, cursor, 1);
    return queries
        .list(null, page.cursor().map(c -> c.text(0)).orElse(""), page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.model())));
  }

  @GET
  @Path("/api-keys/{model}")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(summary = "The keys of a model that are not revoked, and which slot is out")
  @Problems({"unknown_key", "invalid_key_segment"})
  public Uni<ApiKeys> keysOf(String model) {
    check(model);
    return keys.find(model)
        .map(found ->
            found.orElseThrow(() -> new ProblemException(CoordinationProblem.UNKNOWN_KEY)));
  }

  @GET
  @Path("/api-keys/{model}/audit")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(summary = "What happened to the keys of a model, newest first")
  @Problems({"invalid_key_segment", "invalid_limit", "invalid_cursor"})
  public Uni<Page<ApiKeyAudit>> audit(
      String model,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    check(model);
    var page = PageRequest.of(limit, cursor, 1);
    return queries
        .audit(model, page.cursor().map(c -> c.number(0)).orElse(Long.MAX_VALUE), page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.id())));
  }

  @POST
  @Path("/api-keys/{model}/lease")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Get the key to call a model with",
      description =
          "The primary, or the fallback while the primary is out. Ask for each call: after a rotation the answer is another one.")
  @APIResponseSchema(value = ApiKeyLease.class, responseCode = "200")
  @Problems({
    "unknown_key",
    "no_usable_key",
    "kek_unavailable",
    "invalid_key_segment",
    "required",
    "invalid_value"
  })
  public Uni<RestResponse<ApiKeyLease>> lease(String model, ApiKeyLeaseRequest request) {
    check(model);
    return keys.lease(model, callers.current().subject(), request.purpose())
        .map(result ->
            switch (result) {
              case Leased leased ->
                  ResponseBuilder.ok(leased.lease())
                      .header(HttpHeaders.CACHE_CONTROL, NO_STORE)
                      .build();
              case UnknownModel unknown ->
                  throw new ProblemException(CoordinationProblem.UNKNOWN_KEY);
              case NoUsableKey none -> throw noUsableKey(none.retryAfterMs());
              case KekMissing missing ->
                  throw new ProblemException(CoordinationProblem.KEK_UNAVAILABLE)
                      .retryAfter(A_MINUTE);
            });
  }

  @POST
  @Path("/api-keys/{model}/report")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Tell what the provider said to a key",
      description =
          "Refused (auth_failed, quota_exhausted) twice within 60 s, a slot is not leased for 5 minutes. What is told of a key that was rotated"
              + " meanwhile changes nothing.")
  @Problems({"invalid_outcome", "invalid_key_segment", "redis_unavailable", "invalid_value"})
  public Uni<ApiKeyReported> reportKey(String model, ApiKeyOutcome outcome) {
    check(model);
    return keys.report(model, outcome, callers.current().subject()).map(ApiKeyReported::new);
  }

  @POST
  @Path("/api-keys/{model}/rotate")
  @RolesAllowed(Roles.ADMIN)
  @Operation(
      summary = "Give a model a new primary key without a gap",
      description =
          "Leased from now on; the old one is the fallback for grace_seconds and then revoked. Idempotency-Key is required.")
  @APIResponseSchema(value = ApiKeyRotated.class, responseCode = "202")
  @Problems({
    "unknown_key",
    "rotation_in_progress",
    "invalid_api_key",
    "ttl_out_of_range",
    "invalid_key_segment",
    "kek_unavailable",
    "required",
    "idempotency_key_reused",
    "invalid_idempotency_key"
  })
  public Uni<Response> rotate(
      String model,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      ApiKeyRotation request) {
    check(model);
    if (key == null) {
      var violations = new Violations();
      violations.addParameter(CommonProblem.REQUIRED, IdempotencyKey.HEADER, "is required");
      violations.orThrow();
      throw new ProblemException(CommonProblem.REQUIRED);
    }
    return changes.rotate(key, callers.current(), model, request).map(ModelKeyResource::unstored);
  }

  @POST
  @Path("/api-keys/rewrap")
  @RolesAllowed(Roles.ADMIN)
  @Operation(
      summary = "Wrap all data keys with another key-encryption key",
      description =
          "Up to 1000 in one request: ask again while some remain. Both key-encryption keys have to be configured until then.")
  @APIResponseSchema(value = Rewrap.class, responseCode = "202")
  @Problems({"unknown_kek", "kek_unavailable", "required"})
  public Uni<RestResponse<Rewrap>> rewrap(RewrapRequest request) {
    return changes
        .rewrap(callers.current(), request.toKekId())
        .map(done -> ResponseBuilder.create(RestResponse.Status.ACCEPTED, done).build());
  }

  private static void check(String model) {
    var violations = new Violations();
    Segments.checkModelParameter(violations, model, "model");
    violations.orThrow();
  }

  private static ProblemException noUsableKey(@Nullable Long retryAfterMs) {
    return new ProblemException(CoordinationProblem.NO_USABLE_KEY)
        .retryAfter(retryAfterMs == null ? A_MINUTE : Duration.ofMillis(retryAfterMs));
  }

  private static Response unstored(Answer answer) {
    return Response.fromResponse(answer.response())
        .header(HttpHeaders.CACHE_CONTROL, NO_STORE)
        .build();
  }
}
