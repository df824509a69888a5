package dev.quintet.coordination.breaker;

import dev.quintet.common.api.coordination.Breaker;
import dev.quintet.common.api.coordination.BreakerConfigRequest;
import dev.quintet.common.api.coordination.BreakerEvent;
import dev.quintet.common.api.coordination.BreakerNames;
import dev.quintet.common.api.coordination.BreakerOverrideRequest;
import dev.quintet.common.api.coordination.BreakerState;
import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import dev.quintet.coordination.breaker.Breakers.Edited;
import io.quarkus.security.identity.CurrentIdentityAssociation;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Circuit breakers as people see and set them. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "circuit breakers")
public class BreakerResource {
  private static final Pattern TAG = Pattern.compile("\"([0-9]{1,18})\"");

  private final Breakers breakers;
  private final BreakerQueries queries;
  private final Callers callers;
  private final CurrentIdentityAssociation identity;

  BreakerResource(
      Breakers breakers,
      BreakerQueries queries,
      Callers callers,
      CurrentIdentityAssociation identity) {
    this.breakers = breakers;
    this.queries = queries;
    this.callers = callers;
    this.identity = identity;
  }

  @GET
  @Path("/circuit-breakers")
  @PermitAll
  @Operation(
      summary = "All circuit breakers, by name",
      description =
          "Anybody sees the states; callers with a role see all but the live counts, which a single breaker shows.")
  @Problems({"invalid_state", "invalid_limit", "invalid_cursor"})
  public Uni<Page<Breaker>> breakers(
      @QueryParam("state") @Nullable String state,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    BreakerState only = state(state);
    var page = PageRequest.of(limit, cursor, 1);
    String behind = page.cursor().map(at -> at.text(0)).orElse("");
    return known()
        .chain(known ->
            queries
                .list(only, behind, page.fetch())
                .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.serviceName())))
                .map(rows ->
                    new Page<>(
                        rows.items().stream()
                            .map(row -> known.isPresent() ? row.full(null, false) : row.open())
                            .toList(),
                        rows.nextCursor())));
  }

  @GET
  @Path("/circuit-breakers/{service}")
  @PermitAll
  @Operation(
      summary = "A circuit breaker",
      description =
          "Anybody sees its state; callers with a role see all. The ETag is the version of its settings, which If-Match of a change may name."
              + " 404 unknown_breaker.")
  @APIResponseSchema(value = Breaker.class, responseCode = "200")
  @Problems({"invalid_service_name"})
  public Uni<Response> breaker(String service) {
    checked(service);
    return known()
        .chain(known ->
            known.isPresent()
                ? breakers
                    .look(service, known.get())
                    .map(seen -> seen.orElseThrow(BreakerResource::unknown))
                    .map(seen ->
                        tagged(
                            Response.ok(seen.row().full(seen.counts(), seen.counts() == null)),
                            seen.row()))
                : queries
                    .find(service)
                    .map(row -> row.orElseThrow(BreakerResource::unknown))
                    .map(row -> Response.ok(row.open()).build()));
  }

  @PUT
  @Path("/circuit-breakers/{service}")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Set how a service's circuit breaker judges",
      description =
          "What is not named gets its default; a service without a breaker gets one. It holds for the next request. With If-Match, 412"
              + " precondition_failed where another change came first.")
  @APIResponseSchema(value = Breaker.class, responseCode = "200")
  @Problems({"invalid_service_name", "invalid_breaker_config", "invalid_parameter"})
  public Uni<Response> configureBreaker(
      String service,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      BreakerConfigRequest request) {
    checked(service);
    return breakers.configure(service, request, expected(ifMatch)).map(BreakerResource::answer);
  }

  @PUT
  @Path("/circuit-breakers/{service}/override")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Let all calls of a service pass, or none, whatever its breaker thinks",
      description =
          "The state stays what it is. With override null the breaker judges by itself again. 404 unknown_breaker.")
  @APIResponseSchema(value = Breaker.class, responseCode = "200")
  @Problems({"invalid_service_name", "reason_required"})
  public Uni<Response> overrideBreaker(String service, BreakerOverrideRequest request) {
    checked(service);
    return breakers.override(service, request).map(BreakerResource::answer);
  }

  @POST
  @Path("/circuit-breakers/{service}/reset")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Close a circuit breaker and forget what it has counted",
      description = "An override stays. 404 unknown_breaker. 503 redis_unavailable.")
  @Problems({"invalid_service_name"})
  public Uni<Breaker> resetBreaker(String service) {
    checked(service);
    return breakers
        .reset(service, callers.current().name())
        .map(row -> row.orElseThrow(BreakerResource::unknown).full(null, false));
  }

  @GET
  @Path("/circuit-breakers/{service}/history")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "The transitions of a circuit breaker, latest first",
      description = "404 unknown_breaker.")
  @Problems({"invalid_service_name", "invalid_limit", "invalid_cursor"})
  public Uni<Page<BreakerEvent>> breakerHistory(
      String service,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    checked(service);
    var page = PageRequest.of(limit, cursor, 1);
    long below = page.cursor().map(at -> at.number(0)).orElse(Long.MAX_VALUE);
    return queries
        .find(service)
        .map(row -> row.orElseThrow(BreakerResource::unknown))
        .chain(row -> queries.history(service, below, page.fetch()))
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.version())));
  }

  static void checked(String service) {
    var violations = new Violations();
    violations.checkParameter(
        BreakerNames.isService(service),
        CoordinationProblem.INVALID_SERVICE_NAME,
        "service",
        BreakerNames.SERVICE_RULE);
    violations.orThrow();
  }

  static ProblemException unknown() {
    return new ProblemException(CoordinationProblem.UNKNOWN_BREAKER);
  }

  /**
   * The name of a caller who has a role. Asked for here, as nothing asked for it before: where no
   * role is needed none is looked for. A token that is no good is refused all the same.
   */
  private Uni<Optional<String>> known() {
    return identity
        .getDeferredIdentity()
        .map(caller ->
            caller.getRoles().stream().anyMatch(Roles.ALL::contains)
                ? Optional.of(caller.getPrincipal().getName())
                : Optional.empty());
  }

  private static @Nullable BreakerState state(@Nullable String text) {
    for (var state : BreakerState.values()) {
      if (state.label().equals(text)) {
        return state;
      }
    }
    var violations = new Violations();
    violations.checkParameter(
        text == null,
        CoordinationProblem.INVALID_STATE,
        "state",
        "must be one of closed, open, half-open");
    violations.orThrow();
    return null;
  }

  private static @Nullable Long expected(@Nullable String ifMatch) {
    if (ifMatch == null || ifMatch.strip().equals("*")) {
      return null;
    }
    var tag = TAG.matcher(ifMatch.strip());
    if (!tag.matches()) {
      throw new ProblemException(CommonProblem.PRECONDITION_FAILED);
    }
    return Long.valueOf(tag.group(1));
  }

  private static Response answer(Edited edited) {
    return switch (edited) {
      case Edited.Done(StoredBreaker row, boolean made) ->
          tagged(
              made
                  ? Response.created(
                          URI.create(
                              "/api/v1/circuit-breakers/"
                                  + URLEncoder.encode(row.serviceName(), StandardCharsets.UTF_8)))
                      .entity(row.full(null, false))
                  : Response.ok(row.full(null, false)),
              row);
      case Edited.Unknown() -> throw unknown();
      case Edited.Conflict() -> throw new ProblemException(CommonProblem.PRECONDITION_FAILED);
      case Edited.Over() -> throw over();
    };
  }

  private static ProblemException over() {
    var violations = new Violations();
    violations.add(CommonProblem.INVALID_VALUE, "/until", "must be in the future");
    try {
      violations.orThrow();
    } catch (ProblemException found) {
      return found;
    }
    throw new IllegalStateException("a violation was found and not thrown");
  }

  private static Response tagged(Response.ResponseBuilder response, StoredBreaker row) {
    return response.header("ETag", "\"" + row.settingsVersion() + "\"").build();
  }
}
