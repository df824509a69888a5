package dev.quintet.coordination.breaker;

import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.stream.SlowReader;
import dev.quintet.coordination.breaker.BreakerFeed.News;
import dev.quintet.coordination.breaker.BreakerQueries.Placed;
import io.smallrye.mutiny.Multi;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.ResponseHeader;
import org.jboss.resteasy.reactive.RestStreamElementType;
import org.jspecify.annotations.Nullable;

/** The states of all circuit breakers as they change, for anybody. */
@Path("/api/v1")
@Tag(name = "circuit breakers")
public class BreakerStreamResource {
  private static final Logger LOG = Logger.getLogger(BreakerStreamResource.class);
  private static final String LAST_EVENT_ID = "Last-Event-ID";
  private static final Pattern ID = Pattern.compile("[0-9]{1,18}");
  private static final Duration LIFE = Duration.ofHours(1);
  private static final int RECONNECT_MS = 2_000;

  private final BreakerFeed feed;
  private final BreakerSettings settings;
  private final Vertx vertx;

  BreakerStreamResource(BreakerFeed feed, BreakerSettings settings, Vertx vertx) {
    this.feed = feed;
    this.settings = settings;
    this.vertx = vertx;
  }

  @GET
  @Path("/circuit-breakers/stream")
  @StartsAtBreakerEvent
  @PermitAll
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RestStreamElementType(MediaType.APPLICATION_JSON)
  @ResponseHeader(name = "Cache-Control", value = "no-store")
  @ResponseHeader(name = "X-Accel-Buffering", value = "no")
  @Operation(
      summary = "The states of all circuit breakers as they change",
      description =
          "Server-sent events: first snapshot with all states, then a state_change for each transition. Its id is its number among the"
              + " transitions of all services, as versions of different services are alike; the version stands in the data. With"
              + " Last-Event-ID the stream goes on behind that one, without gap or repeat and without a snapshot; who cannot set the header"
              + " gives last_event_id. A comment comes every 15 s. It ends after an hour, and is cut when the reader takes nothing for 30 s.")
  @Problems({"invalid_cursor", "invalid_parameter", "overloaded"})
  public Multi<OutboundSseEvent> breakerStream(
      @HeaderParam(LAST_EVENT_ID) @Nullable String header,
      @QueryParam("last_event_id") @Nullable String parameter,
      @Context Sse sse,
      @Context RoutingContext request) {
    String text = header == null || header.isEmpty() ? parameter : header;
    var violations = new Violations();
    violations.checkParameter(
        text == null || ID.matcher(text).matches(),
        CommonProblem.INVALID_PARAMETER,
        header == null ? "last_event_id" : LAST_EVENT_ID,
        "must be the id of an event");
    violations.orThrow();
    if (feed.open() >= settings.maxStreams()) {
      throw new ProblemException(CommonProblem.OVERLOADED, "too many readers on this replica")
          .retryAfter(Duration.ofSeconds(5));
    }
    var start = BreakerStart.of(request);
    long after = text == null ? start.latest() : Long.parseLong(text);
    if (after > start.latest()) {
      // From another database, or from before a restore: reading on would skip events unnoticed.
      throw new ProblemException(
          CommonProblem.INVALID_CURSOR, "no event has this id yet; start again without one");
    }
    var first = sse.newEventBuilder().reconnectDelay(RECONNECT_MS);
    OutboundSseEvent opening =
        text == null
            ? first
                .id(Long.toString(start.latest()))
                .name("snapshot")
                .data(Map.of("breakers", start.states()))
                .build()
            : first.comment(" ").build();
    var rest =
        feed.stream(after, LIFE)
            .map(news -> written(news, sse))
            .onFailure()
            .invoke(e -> LOG.error("event=breaker_stream_failed", e));
    var stream = Multi.createBy().concatenating().streams(Multi.createFrom().item(opening), rest);
    return SlowReader.cutOff(stream, vertx, settings.slowAfter(), request);
  }

  private static OutboundSseEvent written(News news, Sse sse) {
    var piece = sse.newEventBuilder();
    return switch (news) {
      case News.Changed(Placed placed) ->
          piece.id(Long.toString(placed.id())).name("state_change").data(placed.change()).build();
      case News.Heartbeat() -> piece.comment(" ").build();
    };
  }
}
