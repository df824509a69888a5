package dev.quintet.tracker.event;

import dev.quintet.common.api.tracker.ShardEvent;
import dev.quintet.common.api.tracker.TrackerProblem;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import dev.quintet.common.stream.SlowReader;
import dev.quintet.tracker.access.ClusterAccess;
import dev.quintet.tracker.event.EventFeed.News;
import dev.quintet.tracker.event.EventFeed.Reader;
import dev.quintet.tracker.event.EventQueries.Bounds;
import dev.quintet.tracker.event.EventQueries.Filter;
import dev.quintet.tracker.metric.TrackerMetrics;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.ResponseHeader;
import org.jboss.resteasy.reactive.RestStreamElementType;
import org.jspecify.annotations.Nullable;

/** What has happened, newest first; and what happens, as it does. */
@Path("/api/v1")
@Tag(name = "dashboard")
@RolesAllowed(Roles.USER)
public class EventResource {
  private static final Logger LOG = Logger.getLogger(EventResource.class);
  private static final Pattern KIND = Pattern.compile("[a-z_]{1,32}(\\.[a-z_]{1,32})?");
  private static final int MOST_KINDS = 32;

  private final EventQueries events;
  private final EventFeed feed;
  private final EventConfig config;
  private final TrackerMetrics metrics;
  private final ClusterAccess access;
  private final Callers callers;
  private final SecurityIdentity identity;
  private final Clock clock;
  private final Vertx vertx;

  EventResource(
      EventQueries events,
      EventFeed feed,
      EventConfig config,
      TrackerMetrics metrics,
      ClusterAccess access,
      Callers callers,
      SecurityIdentity identity,
      Clock clock,
      Vertx vertx) {
    this.events = events;
    this.feed = feed;
    this.config = config;
    this.metrics = metrics;
    this.access = access;
    this.callers = callers;
    this.identity = identity;
    this.clock = clock;
    this.vertx = vertx;
  }

  @GET
  @Path("/clusters/{cluster}/events")
  @Operation(
      summary = "The history of a cluster, newest first",
      description = "Kept for 90 days, also of a deleted cluster. kind may be given several times.")
  public Uni<Page<ShardEvent>> events(
      String cluster,
      @QueryParam("kind") List<String> kinds,
      @QueryParam("shard_id") @Nullable String shard,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    access.to(cluster);
    var violations = new Violations();
    violations.checkParameter(
        kinds.size() <= MOST_KINDS && kinds.stream().allMatch(kind -> KIND.matcher(kind).matches()),
        CommonProblem.INVALID_PARAMETER,
        "kind",
        "must be the kind of an event, such as shard.acquired");
    long number = shard == null ? 0 : number(shard);
    violations.checkParameter(
        number >= 0 && number <= Integer.MAX_VALUE,
        TrackerProblem.INVALID_SHARD_ID,
        "shard_id",
        "must be a number from 0");
    violations.orThrow();
    var page = PageRequest.of(limit, cursor, 1);
    var filter =
        new Filter(kinds.isEmpty() ? null : Set.copyOf(kinds), shard == null ? null : (int) number);
    return events
        .list(
            cluster,
            filter,
            page.cursor().map(c -> c.number(0)).orElse(Long.MAX_VALUE),
            page.fetch())
        .map(found -> found.orElseThrow(() -> unknown(cluster)))
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.clusterSeq())));
  }

  @GET
  @Path("/events/stream")
  @StartsAtEvent
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RestStreamElementType(MediaType.APPLICATION_JSON)
  @ResponseHeader(name = "Cache-Control", value = "no-store")
  @ResponseHeader(name = "X-Accel-Buffering", value = "no")
  @Operation(
      summary = "Events as they happen, over all clusters or of one",
      description =
          "Server-sent events. Starts now, or behind Last-Event-ID without gap or repeat; who cannot"
              + " set the header gives last_event_id. A comment comes every 15 s. The stream ends"
              + " when the token does: come again with a new one and the last id. It is cut when the"
              + " reader takes nothing for 30 s. An event named truncated tells that events after"
              + " the given id are not kept any more.")
  public Multi<OutboundSseEvent> eventStream(
      @QueryParam("cluster") @Nullable String cluster,
      @HeaderParam("Last-Event-ID") @Nullable String header,
      @QueryParam("last_event_id") @Nullable String parameter,
      @Context Sse sse,
      @Context RoutingContext request) {
    var caller = cluster == null ? callers.current() : access.to(cluster);
    String text = header == null || header.isEmpty() ? parameter : header;
    long after = text == null ? -1 : number(text);
    var violations = new Violations();
    violations.checkParameter(
        text == null || after >= 0,
        CommonProblem.INVALID_PARAMETER,
        header == null ? "last_event_id" : "Last-Event-ID",
        "must be the id of an event");
    violations.orThrow();
    if (metrics.openStreams() >= config.maxStreams()) {
      throw new ProblemException(CommonProblem.OVERLOADED, "too many readers on this replica")
          .retryAfter(Duration.ofSeconds(5));
    }
    var bounds = EventBounds.of(request);
    long start = start(cluster, after, bounds);
    var stream =
        feed.stream(new Reader(cluster, caller.clusters(), life()), start, bounds)
            .map(news -> written(news, sse))
            .onSubscription()
            .invoke(metrics::streamOpened)
            .onTermination()
            .invoke(metrics::streamClosed)
            .onFailure()
            .invoke(e -> LOG.errorf(e, "event=event_stream_failed cluster=%s", cluster));
    return SlowReader.cutOff(stream, vertx, config.slowAfter(), request);
  }

  private static long start(@Nullable String cluster, long after, Bounds bounds) {
    if (cluster != null && !bounds.known()) {
      throw unknown(cluster);
    }
    if (after > bounds.lastId()) {
      // From another database, or from before a restore: reading on would skip events unnoticed.
      throw new ProblemException(
          CommonProblem.INVALID_CURSOR, "no event has this id yet; start again without one");
    }
    return after < 0 ? bounds.lastId() : after;
  }

  private static OutboundSseEvent written(News news, Sse sse) {
    var piece = sse.newEventBuilder();
    return switch (news) {
      case News.Happened(ShardEvent event) ->
          piece.id(Long.toString(event.id())).name(event.kind()).data(event).build();
      case News.Truncated(long after, long firstId) ->
          piece.name("truncated").data(Map.of("after", after, "first_id", firstId)).build();
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

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private static ProblemException unknown(String cluster) {
    return new ProblemException(TrackerProblem.UNKNOWN_CLUSTER, "no cluster named " + cluster);
  }
}
