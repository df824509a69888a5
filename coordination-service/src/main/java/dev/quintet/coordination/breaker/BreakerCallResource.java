package dev.quintet.coordination.breaker;

import dev.quintet.common.api.coordination.BreakerOutcomes;
import dev.quintet.common.api.coordination.BreakerPermit;
import dev.quintet.common.api.coordination.BreakerPermitRequest;
import dev.quintet.common.api.coordination.BreakerReceipt;
import dev.quintet.common.api.coordination.BreakerSelectRequest;
import dev.quintet.common.api.coordination.BreakerSelection;
import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Roles;
import dev.quintet.coordination.breaker.Breakers.Selected;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What a program asks before it calls a service, and tells afterwards. */
@Path("/api/v1")
@Tag(name = "circuit breakers")
public class BreakerCallResource {
  private final Breakers breakers;

  BreakerCallResource(Breakers breakers) {
    this.breakers = breakers;
  }

  @POST
  @Path("/circuit-breakers/{service}/permits")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "May the service be called now?",
      description =
          "A service that is asked about for the first time gets a breaker with the defaults. 200 also where it may not, unless enforce is true:"
              + " then 503 circuit_open. 404 unknown_breaker where there are too many breakers to make another.")
  @Problems({"invalid_service_name", "invalid_key_segment", "redis_unavailable"})
  public Uni<BreakerPermit> permit(
      String service,
      @QueryParam("enforce") @DefaultValue("false") boolean enforce,
      BreakerPermitRequest request) {
    BreakerResource.checked(service);
    return breakers
        .permit(service, Objects.requireNonNull(request.reporter()))
        .map(permit -> permit.orElseThrow(BreakerResource::unknown))
        .invoke(permit -> {
          if (enforce && !permit.permitted()) {
            throw refused(CoordinationProblem.CIRCUIT_OPEN, permit.retryAfterMs())
                .with("state", permit.state().label())
                .with("fallback", permit.fallback());
          }
        });
  }

  @POST
  @Path("/circuit-breakers/{service}/outcomes")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "What became of calls",
      description =
          "Each permit counts once; repeating the request is safe. While Redis is away outcomes are kept for later, and told as buffered_count.")
  @Problems({
    "unknown_breaker",
    "invalid_service_name",
    "invalid_key_segment",
    "invalid_state",
    "invalid_outcome",
    "batch_too_large",
    "redis_unavailable"
  })
  public Uni<BreakerReceipt> outcomes(String service, BreakerOutcomes request) {
    BreakerResource.checked(service);
    List<BreakerOutcomes.Report> reports =
        Objects.requireNonNull(request.outcomes()).stream().map(Objects::requireNonNull).toList();
    return breakers
        .report(service, reports)
        .map(receipt -> receipt.orElseThrow(BreakerResource::unknown));
  }

  @POST
  @Path("/circuit-breakers/select")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "The first of several services that may be called",
      description = "With its permit. 503 no_candidate where none may, with skipped.")
  @Problems({"invalid_service_name", "invalid_key_segment", "redis_unavailable"})
  public Uni<BreakerSelection> select(BreakerSelectRequest request) {
    List<String> candidates =
        Objects.requireNonNull(request.candidates()).stream().map(Objects::requireNonNull).toList();
    return breakers
        .select(candidates, Objects.requireNonNull(request.reporter()))
        .map(selected ->
            switch (selected) {
              case Selected.Chosen(BreakerSelection selection) -> selection;
              case Selected.None(List<BreakerSelection.Skipped> skipped, Long wait) ->
                  throw refused(CoordinationProblem.NO_CANDIDATE, wait).with("skipped", skipped);
            });
  }

  private static ProblemException refused(CoordinationProblem type, @Nullable Long waitMs) {
    return new ProblemException(type)
        .retryAfter(Duration.ofMillis(waitMs == null ? 1_000 : waitMs));
  }
}
