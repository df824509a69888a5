package dev.quintet.coordination.lock;

import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Roles;
import dev.quintet.common.stream.SlowReader;
import dev.quintet.coordination.lock.LockWatch.News;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Multi;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Pattern;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.ResponseHeader;
import org.jboss.resteasy.reactive.RestStreamElementType;
import org.jspecify.annotations.Nullable;

/** What happens to a lock, as it does: a holder learns by it that its lease is gone. */
@Path("/api/v1")
@Tag(name = "locks")
public class LockWatchResource {
  private static final Logger LOG = Logger.getLogger(LockWatchResource.class);
  private static final String LAST_EVENT_ID = "Last-Event-ID";
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");
  private static final long RECONNECT_MS = 2_000;

  private final LockWatch watch;
  private final LockConfig config;
  private final SecurityIdentity identity;
  private final Clock clock;
  private final Vertx vertx;

  LockWatchResource(
      LockWatch watch, LockConfig config, SecurityIdentity identity, Clock clock, Vertx vertx) {
    this.watch = watch;
    this.config = config;
    this.identity = identity;
    this.clock = clock;
    this.vertx = vertx;
  }

  @GET
  @Path("/locks/{lock_key}/watch")
  @WatchesLock
  @RolesAllowed({Roles.SERVICE, Roles.DEVOPS})
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RestStreamElementType(MediaType.APPLICATION_JSON)
  @ResponseHeader(name = "Cache-Control", value = "no-store")
  @ResponseHeader(name = "X-Accel-Buffering", value = "no")
  @Operation(
      summary = "What happens to a lock, as it does",
      description =
          "Server-sent events: snapshot first, as GET /locks/{lock_key}, also of a lock that nobody has; then acquired, extended, released,"
              + " expired, revoked, lost and waiting. With Last-Event-ID, what is on record since comes before the snapshot. A comment comes every 15 s."
              + " The stream ends when the token does, and is cut when the reader takes nothing for 30 s. 503 store_unavailable before it begins.")
  @Problems({"invalid_lock_key", "invalid_parameter", "overloaded"})
  public Multi<OutboundSseEvent> watch(
      @PathParam("lock_key") LockKey key,
      @HeaderParam(LAST_EVENT_ID) @Nullable String last,
      @Context Sse sse,
      @Context RoutingContext request) {
    var violations = new Violations();
    violations.checkParameter(
        last == null || NUMBER.matcher(last).matches(),
        CommonProblem.INVALID_PARAMETER,
        LAST_EVENT_ID,
        "must be the id of an event");
    violations.orThrow();
    var stream =
        watch.stream(LockWatchStart.of(request), last == null ? null : Long.valueOf(last), life())
            .map(news -> written(news, sse))
            .onFailure()
            .invoke(e -> LOG.error("event=lock_watch_failed", e));
    return SlowReader.cutOff(stream, vertx, config.slowAfter(), request);
  }

  private static OutboundSseEvent written(News news, Sse sse) {
    var piece = sse.newEventBuilder();
    return switch (news) {
      case News.Stands stands ->
          piece
              .id(Long.toString(stands.upTo()))
              .name("snapshot")
              .reconnectDelay(RECONNECT_MS)
              .data(stands.lock())
              .build();
      case News.Happened happened ->
          piece
              .id(Long.toString(happened.event().id()))
              .name(happened.event().event())
              .data(happened.event())
              .build();
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
