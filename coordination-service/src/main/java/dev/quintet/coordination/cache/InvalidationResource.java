package dev.quintet.coordination.cache;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.InvalidateReply;
import dev.quintet.common.api.coordination.InvalidateRequest;
import dev.quintet.common.api.coordination.Invalidation;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import dev.quintet.common.stream.SlowReader;
import dev.quintet.coordination.cache.InvalidationFeed.News;
import dev.quintet.coordination.cache.InvalidationQueries.Bounds;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.ResponseHeader;
import org.jboss.resteasy.reactive.RestStreamElementType;
import org.jspecify.annotations.Nullable;

/** Emptying caches, and hearing of it. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "cache")
@RolesAllowed({Roles.SERVICE, Roles.DEVOPS, Roles.ADMIN})
public class InvalidationResource {
  private static final Logger LOG = Logger.getLogger(InvalidationResource.class);

  private final Invalidations invalidations;
  private final InvalidationFeed feed;
  private final CacheConfig config;
  private final Callers callers;
  private final SecurityIdentity identity;
  private final Clock clock;
  private final Vertx vertx;

  InvalidationResource(
      Invalidations invalidations,
      InvalidationFeed feed,
      CacheConfig config,
      Callers callers,
      SecurityIdentity identity,
      Clock clock,
      Vertx vertx) {
    this.invalidations = invalidations;
    this.feed = feed;
    this.config = config;
    this.callers = callers;
    this.identity = identity;
    this.clock = clock;
    this.vertx = vertx;
  }

  @POST
  @Path("/cache/invalidate")
  @Operation(
      summary = "Empty the cache of a document, a user, a model, of keys or of a pattern",
      description =
          "What is being computed for them is not stored either: its fill token is worthless. Patterns, which need a scan of all keys, are for"
              + " devops and admin. 202 and pending: Redis is away, and it is done as soon as it is back. dry_run only counts.")
  @APIResponseSchema(value = InvalidateReply.class, responseCode = "200")
  @Problems({
    "pattern_too_broad",
    "cache_key_too_long",
    "batch_too_large",
    "invalid_key_segment",
    "redis_unavailable"
  })
  public Uni<Response> invalidate(InvalidateRequest request) {
    if (request.pattern() != null && !callers.current().has(Roles.DEVOPS)) {
      throw new ProblemException(CommonProblem.FORBIDDEN, "a pattern is for devops and admin")
          .with("required_role", Roles.DEVOPS);
    }
    if (request.keys() != null && request.keys().size() > InvalidateRequest.MOST_KEYS) {
      throw new ProblemException(CoordinationProblem.BATCH_TOO_LARGE)
          .with("limit", InvalidateRequest.MOST_KEYS);
    }
    return invalidations
        .invalidate(request)
        .map(reply -> Response.status(reply.pending() ? 202 : 200).entity(reply).build());
  }

  @GET
  @Path("/cache/invalidations/stream")
  @StartsAtInvalidation
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RestStreamElementType(MediaType.APPLICATION_JSON)
  @ResponseHeader(name = "Cache-Control", value = "no-store")
  @ResponseHeader(name = "X-Accel-Buffering", value = "no")
  @Operation(
      summary = "Invalidations as they are done",
      description =
          "Server-sent events named invalidated, for who keeps copies. Starts now, or behind Last-Event-ID without gap or repeat; who cannot"
              + " set the header gives last_event_id. Ids are in the order of no clock. An id that is not kept any more is 410"
              + " stream_too_old: start again without one, and with empty copies. A comment comes every 15 s. The stream ends when the token"
              + " does.")
  @APIResponseSchema(value = Invalidation.class, responseCode = "200")
  @Problems({"stream_too_old", "overloaded"})
  public Multi<OutboundSseEvent> invalidationStream(
      @HeaderParam(InvalidationBounds.HEADER) @Nullable String header,
      @QueryParam(InvalidationBounds.PARAMETER) @Nullable String parameter,
      @Context Sse sse,
      @Context RoutingContext request) {
    String text = header == null || header.isEmpty() ? parameter : header;
    var violations = new Violations();
    violations.checkParameter(
        text == null || InvalidationBounds.number(text) != null,
        CommonProblem.INVALID_PARAMETER,
        header == null ? InvalidationBounds.PARAMETER : InvalidationBounds.HEADER,
        "must be the id of an invalidation");
    violations.orThrow();
    if (feed.readers() >= config.maxStreams()) {
      throw new ProblemException(CommonProblem.OVERLOADED, "too many readers on this replica")
          .retryAfter(Duration.ofSeconds(5));
    }
    var stream =
        feed.stream(start(text != null, InvalidationBounds.of(request)), life())
            .map(news -> written(news, sse))
            .onFailure()
            .invoke(e -> LOG.error("event=invalidation_stream_failed", e));
    return SlowReader.cutOff(stream, vertx, config.slowAfter(), request);
  }

  private static long start(boolean resumed, Bounds bounds) {
    if (!resumed) {
      return bounds.last();
    }
    Long position = bounds.position();
    if (position == null) {
      throw new ProblemException(CoordinationProblem.STREAM_TOO_OLD);
    }
    return position;
  }

  private static OutboundSseEvent written(News news, Sse sse) {
    var piece = sse.newEventBuilder();
    return switch (news) {
      case News.Done(Invalidation done) ->
          piece.id(Long.toString(done.outboxId())).name("invalidated").data(done).build();
      case News.Heartbeat() -> piece.comment(" ").build();
    };
  }

  /** A stream must not outlive what its reader was let in for. */
  private Duration life() {
    if (identity.getPrincipal() instanceof JsonWebToken token && token.getExpirationTime() > 0) {
      return Duration.between(clock.instant(), Instant.ofEpochSecond(token.getExpirationTime()));
    }
    return Duration.ofHours(1);
  }
}
