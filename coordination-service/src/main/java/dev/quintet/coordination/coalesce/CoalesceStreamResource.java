package dev.quintet.coordination.coalesce;

import dev.quintet.common.api.coordination.CoalesceRequest;
import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Roles;
import dev.quintet.common.stream.SlowReader;
import dev.quintet.coordination.coalesce.CoalesceScript.Wanted;
import dev.quintet.coordination.redis.RedisAway;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.ResponseHeader;
import org.jboss.resteasy.reactive.RestStreamElementType;

/** Waiting for a promise by a stream. */
@Path("/api/v1")
@Tag(name = "coalescing")
public class CoalesceStreamResource {
  private static final Logger LOG = Logger.getLogger(CoalesceStreamResource.class);
  private static final int RECONNECT_MS = 2_000;

  private final Coalescing coalescing;
  private final CoalesceSettings settings;
  private final Vertx vertx;
  private final AtomicInteger open = new AtomicInteger();

  CoalesceStreamResource(Coalescing coalescing, CoalesceSettings settings, Vertx vertx) {
    this.coalescing = coalescing;
    this.settings = settings;
    this.vertx = vertx;
  }

  @GET
  @Path("/coalesce/{operation}/{hash}/stream")
  @StartsAtPromise
  @RolesAllowed(Roles.SERVICE)
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RestStreamElementType(MediaType.APPLICATION_JSON)
  @ResponseHeader(name = "Cache-Control", value = "no-store")
  @ResponseHeader(name = "X-Accel-Buffering", value = "no")
  @Operation(
      summary = "Wait by a stream for whoever computes now",
      description =
          "Server-sent events, each with what the request for the promise would answer: first follower, then one more by the name of its"
              + " role, with the result, the error, the lead or the bypass; that is the last. A comment comes every 15 s. 404 unknown_promise"
              + " where nobody computes. 503 redis_unavailable.")
  @Problems({"invalid_key_segment", "invalid_hash", "overloaded"})
  public Multi<OutboundSseEvent> coalesceStream(
      String operation, String hash, @Context Sse sse, @Context RoutingContext request) {
    if (!(PromiseStart.of(request) instanceof Told.Pending pending)) {
      throw new ProblemException(CoordinationProblem.UNKNOWN_PROMISE);
    }
    if (open.get() >= settings.maxStreams()) {
      throw new ProblemException(CommonProblem.OVERLOADED, "too many readers on this replica")
          .retryAfter(Duration.ofSeconds(5));
    }
    var place = new Place(CoalesceResource.wanted(operation, hash), pending.promise());
    Multi<OutboundSseEvent> rest =
        Multi.createBy()
            .repeating()
            .uni(() -> place, this::next)
            .whilst(told -> told instanceof Told.Pending)
            .map(told ->
                told instanceof Told.Pending
                    ? sse.newEventBuilder().comment(" ").build()
                    : written(told, sse));
    var stream =
        Multi.createBy()
            .concatenating()
            .streams(Multi.createFrom().item(written(pending, sse)), rest)
            .onFailure()
            .invoke(e -> LOG.error("event=coalesce_stream_failed", e))
            .onSubscription()
            .invoke(open::incrementAndGet)
            .onTermination()
            .invoke(open::decrementAndGet);
    return SlowReader.cutOff(stream, vertx, settings.slowAfter(), request);
  }

  private Uni<Told> next(Place place) {
    int wait = (int) Math.min(settings.heartbeat().toMillis(), CoalesceRequest.LONGEST_MS);
    return coalescing
        .follow(place.wanted, place.promise, wait)
        .onFailure(RedisAway.class)
        .recoverWithItem(new Told.Unknown())
        .invoke(told -> {
          if (told instanceof Told.Pending(String promise, long lease)) {
            place.promise = promise;
          }
        });
  }

  private static OutboundSseEvent written(Told told, Sse sse) {
    var reply = CoalesceResource.reply(told);
    return sse.newEventBuilder()
        .reconnectDelay(RECONNECT_MS)
        .name(reply.role().label())
        .data(reply)
        .build();
  }

  /** Where one reader is; its steps follow one another. */
  private static final class Place {
    private final Wanted wanted;
    private String promise;

    Place(Wanted wanted, String promise) {
      this.wanted = wanted;
      this.promise = promise;
    }
  }
}
