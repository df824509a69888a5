package dev.quintet.autoscaler.event;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.autoscaler.access.RowId;
import dev.quintet.autoscaler.event.EventFeed.Agent;
import dev.quintet.autoscaler.event.EventFeed.News;
import dev.quintet.autoscaler.event.EventFeed.Reader;
import dev.quintet.autoscaler.event.EventQueries.Bounds;
import dev.quintet.autoscaler.event.EventQueries.Placed;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Roles;
import dev.quintet.common.stream.SlowReader;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Multi;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.ResponseHeader;
import org.jboss.resteasy.reactive.RestStreamElementType;
import org.jspecify.annotations.Nullable;

/** What happens, as it does. */
@Path("/api/v1")
public class EventResource {
  private static final Logger LOG = Logger.getLogger(EventResource.class);
  private static final String LAST_EVENT_ID = "Last-Event-ID";

  private final EventFeed feed;
  private final EventConfig config;
  private final Actors actors;
  private final SecurityIdentity identity;
  private final Clock clock;
  private final Vertx vertx;

  EventResource(
      EventFeed feed,
      EventConfig config,
      Actors actors,
      SecurityIdentity identity,
      Clock clock,
      Vertx vertx) {
    this.feed = feed;
    this.config = config;
    this.actors = actors;
    this.identity = identity;
    this.clock = clock;
    this.vertx = vertx;
  }

  @GET
  @Path("/events/stream")
  @StartsAtEvent
  @Tag(name = "dashboard")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RestStreamElementType(MediaType.APPLICATION_JSON)
  @ResponseHeader(name = "Cache-Control", value = "no-store")
  @ResponseHeader(name = "X-Accel-Buffering", value = "no")
  @Operation(
      summary = "Events of nodes, pools and decisions as they happen",
      description =
          "Server-sent events. Starts now, or behind Last-Event-ID without gap or repeat; who cannot set the header gives last_event_id. A"
              + " comment comes every 15 s. The stream ends when the token does: come again with a new one and the last id. It is cut when"
              + " the reader takes nothing for 30 s. An event named truncated tells that events after the given id are not kept any more.")
  @Problems({"invalid_cursor", "invalid_parameter", "overloaded"})
  public Multi<OutboundSseEvent> eventStream(
      @HeaderParam(LAST_EVENT_ID) @Nullable String header,
      @QueryParam("last_event_id") @Nullable String parameter,
      @Context Sse sse,
      @Context RoutingContext request) {
    return stream(new Reader(null, life()), header, parameter, sse, request);
  }

  @GET
  @Path("/nodes/{id}/events")
  @StartsAtEvent
  @Tag(name = "agents")
  @RolesAllowed(NodeKey.ROLE)
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RestStreamElementType(MediaType.APPLICATION_JSON)
  @ResponseHeader(name = "Cache-Control", value = "no-store")
  @ResponseHeader(name = "X-Accel-Buffering", value = "no")
  @Operation(
      summary = "What the node's agent need not wait for until its next heartbeat",
      description =
          "Server-sent events config, target and override of this node, as of /events/stream. They are hints: ask for /targets or /config, or"
              + " send a heartbeat. Ends when the key is revoked or expires.")
  @Problems({
    "key_unknown",
    "key_revoked",
    "key_expired",
    "node_mismatch",
    "invalid_cursor",
    "invalid_parameter",
    "overloaded"
  })
  public Multi<OutboundSseEvent> nodeEvents(
      RowId id,
      @HeaderParam(LAST_EVENT_ID) @Nullable String header,
      @QueryParam("last_event_id") @Nullable String parameter,
      @Context Sse sse,
      @Context RoutingContext request) {
    var agent = new Agent(id.value(), actors.nodeKey().orElseThrow());
    return stream(new Reader(agent, life()), header, parameter, sse, request);
  }

  private Multi<OutboundSseEvent> stream(
      Reader reader,
      @Nullable String header,
      @Nullable String parameter,
      Sse sse,
      RoutingContext request) {
    String text = header == null || header.isEmpty() ? parameter : header;
    var asked = text == null ? null : Position.of(text).orElse(null);
    var violations = new Violations();
    violations.checkParameter(
        text == null || asked != null,
        CommonProblem.INVALID_PARAMETER,
        header == null ? "last_event_id" : LAST_EVENT_ID,
        "must be the id of an event");
    violations.orThrow();
    if (feed.open() >= config.maxStreams()) {
      throw new ProblemException(CommonProblem.OVERLOADED, "too many readers on this replica")
          .retryAfter(Duration.ofSeconds(5));
    }
    Bounds bounds = EventBounds.of(request);
    if (asked != null && asked.xid() >= bounds.xmax()) {
      // From another database, or from before a restore: reading on would skip events unnoticed.
      throw new ProblemException(
          CommonProblem.INVALID_CURSOR, "no event has this id yet; start again without one");
    }
    var stream =
        feed.stream(reader, asked == null ? bounds.now() : asked, bounds)
            .map(news -> written(news, sse))
            .onFailure()
            .invoke(e -> LOG.error("event=event_stream_failed", e));
    return SlowReader.cutOff(stream, vertx, config.slowAfter(), request);
  }

  private static OutboundSseEvent written(News news, Sse sse) {
    var piece = sse.newEventBuilder();
    return switch (news) {
      case News.Happened(Placed placed) ->
          piece.id(placed.at().toString()).name(placed.event().kind()).data(placed.event()).build();
      case News.Truncated(Position after, Position first) ->
          piece
              .name("truncated")
              .data(Map.of("after", after.toString(), "first_id", first.toString()))
              .build();
      case News.Heartbeat() -> piece.comment(" ").build();
    };
  }

  /** A stream must not outlive what its reader was let in for; a key's validity is looked at. */
  private Duration life() {
    if (identity.getPrincipal() instanceof JsonWebToken token && token.getExpirationTime() > 0) {
      return Duration.between(clock.instant(), Instant.ofEpochSecond(token.getExpirationTime()));
    }
    return Duration.ofHours(1);
  }
}
