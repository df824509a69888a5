package dev.quintet.coordination.coalesce;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.api.coordination.CoalesceCompletion;
import dev.quintet.common.api.coordination.CoalesceEnd;
import dev.quintet.common.api.coordination.CoalesceFailure;
import dev.quintet.common.api.coordination.CoalesceHeartbeat;
import dev.quintet.common.api.coordination.CoalesceLease;
import dev.quintet.common.api.coordination.CoalesceReply;
import dev.quintet.common.api.coordination.CoalesceRequest;
import dev.quintet.common.api.coordination.CoalesceRole;
import dev.quintet.common.api.coordination.CoalesceStatus;
import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.Segments;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Roles;
import dev.quintet.coordination.coalesce.CoalesceScript.Wanted;
import dev.quintet.coordination.redis.RedisAway;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Computing once what many want. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "coalescing")
public class CoalesceResource {
  private static final Pattern HASH = Pattern.compile("[0-9a-fA-F]{16,128}");
  private static final int LARGEST = 8 * 1024 * 1024;

  private final Coalescing coalescing;
  private final ObjectMapper json;

  CoalesceResource(Coalescing coalescing, ObjectMapper json) {
    this.coalescing = coalescing;
    this.json = json;
  }

  @POST
  @Path("/coalesce/{operation}/{hash}")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Compute this, or wait for who does",
      description =
          "201: the caller leads. It computes, sends heartbeats, and completes or fails the promise. 202: somebody else does; ask again by the"
              + " promise. 200: there is a result or an error, or the caller is to compute for itself (role bypass): too many wait, the result"
              + " of late could not be shared, or Redis is away.")
  @APIResponseSchema(value = CoalesceReply.class, responseCode = "200")
  @Problems({
    "invalid_key_segment",
    "invalid_hash",
    "invalid_holder",
    "ttl_out_of_range",
    "wait_out_of_range"
  })
  public Uni<Response> coalesce(String operation, String hash, CoalesceRequest request) {
    Wanted wanted = wanted(operation, hash);
    return coalescing
        .join(wanted, request)
        .onFailure(RedisAway.class)
        .recoverWithItem(new Told.Unknown())
        .map(CoalesceResource::joined);
  }

  @GET
  @Path("/coalesce/{operation}/{hash}/{promise_id}")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Wait for a promise",
      description =
          "Answers as the request that it comes from, also 201: the leader fell silent, and this caller leads from now on by another promise."
              + " 202 after wait_ms without a result. 404 unknown_promise where nobody knows any more.")
  @APIResponseSchema(value = CoalesceReply.class, responseCode = "200")
  @Problems({"invalid_key_segment", "invalid_hash", "wait_out_of_range"})
  public Uni<Response> promise(
      String operation,
      String hash,
      @PathParam("promise_id") UUID promise,
      @QueryParam("wait_ms") @Nullable String waitMs) {
    Wanted wanted = wanted(operation, hash);
    int wait = wait(waitMs);
    return coalescing
        .follow(wanted, promise.toString(), wait)
        .map(told -> {
          if (told instanceof Told.Unknown) {
            throw new ProblemException(CoordinationProblem.UNKNOWN_PROMISE);
          }
          return told;
        })
        .onFailure(RedisAway.class)
        .recoverWithItem(new Told.Unknown())
        .map(CoalesceResource::joined);
  }

  @POST
  @Path("/coalesce/{operation}/{hash}/{promise_id}/heartbeat")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "The leader still computes",
      description =
          "409 stale_promise: another one leads. 404 unknown_promise. 503 redis_unavailable.")
  @Problems({"invalid_key_segment", "invalid_hash", "ttl_out_of_range"})
  public Uni<CoalesceLease> heartbeat(
      String operation,
      String hash,
      @PathParam("promise_id") UUID promise,
      CoalesceHeartbeat request) {
    return coalescing
        .heartbeat(wanted(operation, hash), promise.toString(), request)
        .map(told -> {
          if (told instanceof Told.Kept(long leaseMs)) {
            return new CoalesceLease(promise.toString(), leaseMs);
          }
          throw refuse(told);
        });
  }

  @POST
  @Path("/coalesce/{operation}/{hash}/{promise_id}/complete")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "The leader has the value",
      description =
          "Repeating it is safe: the first result stays. 409 stale_promise: another one leads, and the value is dropped. 404 unknown_promise."
              + " 503 redis_unavailable.")
  @Problems({"invalid_key_segment", "invalid_hash", "ttl_out_of_range", "value_too_large"})
  public Uni<CoalesceEnd> complete(
      String operation,
      String hash,
      @PathParam("promise_id") UUID promise,
      CoalesceCompletion request) {
    return coalescing
        .complete(
            wanted(operation, hash),
            promise.toString(),
            request,
            written(Objects.requireNonNull(request.result())))
        .map(told -> ended(told, promise.toString()));
  }

  @POST
  @Path("/coalesce/{operation}/{hash}/{promise_id}/fail")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "The leader cannot have the value",
      description =
          "Those who wait get the error, or one of them leads, as the leader wanted it when it came. 409 stale_promise. 404 unknown_promise."
              + " 503 redis_unavailable.")
  @Problems({"invalid_key_segment", "invalid_hash", "value_too_large"})
  public Uni<CoalesceEnd> fail(
      String operation,
      String hash,
      @PathParam("promise_id") UUID promise,
      CoalesceFailure request) {
    return coalescing
        .fail(
            wanted(operation, hash),
            promise.toString(),
            written(Objects.requireNonNull(request.error())))
        .map(told -> ended(told, promise.toString()));
  }

  static Wanted wanted(String operation, String hash) {
    var violations = new Violations();
    Segments.checkIdParameter(violations, operation, "operation");
    violations.checkParameter(
        HASH.matcher(hash).matches(),
        CoordinationProblem.INVALID_HASH,
        "hash",
        "must be 16 to 128 hexadecimal digits");
    violations.orThrow();
    return new Wanted(operation, hash.toLowerCase(Locale.ROOT));
  }

  private static int wait(@Nullable String text) {
    int wait;
    try {
      wait = text == null ? 0 : Integer.parseInt(text);
    } catch (NumberFormatException e) {
      wait = -1;
    }
    var violations = new Violations();
    violations.checkParameter(
        wait >= 0 && wait <= CoalesceRequest.LONGEST_MS,
        CoordinationProblem.WAIT_OUT_OF_RANGE,
        "wait_ms",
        "must be 0 to " + CoalesceRequest.LONGEST_MS);
    violations.orThrow();
    return wait;
  }

  private String written(JsonNode value) {
    try {
      String text = json.writeValueAsString(value);
      if (text.length() > LARGEST || text.getBytes(StandardCharsets.UTF_8).length > LARGEST) {
        throw new ProblemException(CoordinationProblem.VALUE_TOO_LARGE)
            .with("limit_bytes", LARGEST);
      }
      return text;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("JSON that was read cannot be written", e);
    }
  }

  private static Response joined(Told told) {
    CoalesceReply reply = reply(told);
    int status =
        switch (reply.role()) {
          case LEADER -> 201;
          case FOLLOWER -> reply.status() == CoalesceStatus.PENDING ? 202 : 200;
          case BYPASS -> 200;
        };
    return Response.status(status).entity(reply).build();
  }

  /** {@code Unknown} stands for Redis being away. */
  static CoalesceReply reply(Told told) {
    return switch (told) {
      case Told.Leader(String promise, long lease, boolean promoted) ->
          new CoalesceReply(
              CoalesceRole.LEADER,
              promise,
              CoalesceStatus.PENDING,
              lease,
              promoted,
              null,
              null,
              null);
      case Told.Pending(String promise, long lease) ->
          new CoalesceReply(
              CoalesceRole.FOLLOWER,
              promise,
              CoalesceStatus.PENDING,
              lease,
              null,
              null,
              null,
              null);
      case Told.Done(String promise, String result) ->
          new CoalesceReply(
              CoalesceRole.FOLLOWER, promise, CoalesceStatus.DONE, null, null, result, null, null);
      case Told.Failed(String promise, String error) ->
          new CoalesceReply(
              CoalesceRole.FOLLOWER, promise, CoalesceStatus.FAILED, null, null, null, error, null);
      case Told.Bypass() -> bypass(null);
      case Told.Unknown() -> bypass(true);
      case Told.Kept kept -> throw refuse(kept);
      case Told.Stale stale -> throw refuse(stale);
      case Told.Promoting promoting -> throw refuse(promoting);
    };
  }

  private static CoalesceReply bypass(@Nullable Boolean degraded) {
    return new CoalesceReply(
        CoalesceRole.BYPASS, null, CoalesceStatus.PENDING, null, null, null, null, degraded);
  }

  private static CoalesceEnd ended(Told told, String promise) {
    return switch (told) {
      case Told.Done done -> new CoalesceEnd(promise, CoalesceStatus.DONE, false, true);
      case Told.Bypass bypass -> new CoalesceEnd(promise, CoalesceStatus.DONE, false, false);
      case Told.Failed failed -> new CoalesceEnd(promise, CoalesceStatus.FAILED, false, true);
      case Told.Promoting promoting -> new CoalesceEnd(promise, CoalesceStatus.FAILED, true, false);
      case Told.Leader leader -> throw refuse(leader);
      case Told.Pending pending -> throw refuse(pending);
      case Told.Kept kept -> throw refuse(kept);
      case Told.Stale stale -> throw refuse(stale);
      case Told.Unknown unknown -> throw refuse(unknown);
    };
  }

  private static RuntimeException refuse(Told told) {
    return switch (told) {
      case Told.Stale(String leader) ->
          new ProblemException(CoordinationProblem.STALE_PROMISE).with("promise_id", leader);
      case Told.Unknown() -> new ProblemException(CoordinationProblem.UNKNOWN_PROMISE);
      default -> new IllegalStateException("coalesce.lua answered another question: " + told);
    };
  }
}
