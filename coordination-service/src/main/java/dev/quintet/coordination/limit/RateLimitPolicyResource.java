package dev.quintet.coordination.limit;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.RateLimitPolicy;
import dev.quintet.common.api.coordination.RateLimitPolicyRequest;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/** The policies that checks fall under. A change counts here at once, elsewhere within 5 s. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "rate-limits")
public class RateLimitPolicyResource {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
  private static final Pattern TAG = Pattern.compile("(?<!W/)\"([0-9]{1,9})\"");
  private static final String ANY = "*";

  private final PolicyQueries queries;
  private final Policies policies;

  RateLimitPolicyResource(PolicyQueries queries, Policies policies) {
    this.queries = queries;
    this.policies = policies;
  }

  @GET
  @Path("/rate-limit-policies")
  @RolesAllowed({Roles.SERVICE, Roles.DEVOPS})
  @Operation(summary = "The policies by name")
  @Problems({"invalid_limit", "invalid_cursor"})
  public Uni<Page<RateLimitPolicy>> listRateLimitPolicies(
      @RestQuery @Nullable String limit, @RestQuery @Nullable String cursor) {
    var page = PageRequest.of(limit, cursor, 1);
    return queries
        .list(page)
        .map(found -> Page.of(found, page, policy -> Cursor.behind(policy.name())));
  }

  @GET
  @Path("/rate-limit-policies/{name}")
  @RolesAllowed({Roles.SERVICE, Roles.DEVOPS})
  @Operation(summary = "A policy")
  @Problems({"unknown_policy"})
  public Uni<RestResponse<RateLimitPolicy>> findRateLimitPolicy(
      @jakarta.ws.rs.PathParam("name") String name) {
    return queries
        .find(name)
        .map(found -> found.orElseThrow(() -> unknown(name)))
        .map(found -> ResponseBuilder.ok(found).header("ETag", tag(found)).build());
  }

  @PUT
  @Path("/rate-limit-policies/{name}")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(
      summary = "Make or replace a policy",
      description =
          "201 where it is new. If-Match, where it is sent, names the version that is replaced;"
              + " when another stands it is 409 version_conflict. Counts go on: they belong to"
              + " model, user and window.")
  @APIResponseSchema(value = RateLimitPolicy.class, responseCode = "200")
  @Problems({"invalid_policy", "version_conflict"})
  public Uni<Response> putRateLimitPolicy(
      @jakarta.ws.rs.PathParam("name") String name,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      RateLimitPolicyRequest request) {
    checkName(name);
    return versions(name, ifMatch)
        .chain(versions -> queries.put(name, request, versions))
        .chain(
            put -> put.map(policy -> Uni.createFrom().item(policy)).orElseGet(() -> conflict(name)))
        .invoke(policies::changed)
        .map(policy ->
            Response.status(policy.version() == 1 ? 201 : 200)
                .header("ETag", tag(policy))
                .entity(policy)
                .build());
  }

  @DELETE
  @Path("/rate-limit-policies/{name}")
  @RolesAllowed(Roles.DEVOPS)
  @Operation(summary = "End a policy")
  @Problems({"unknown_policy", "version_conflict"})
  public Uni<Response> deleteRateLimitPolicy(
      @jakarta.ws.rs.PathParam("name") String name,
      @HeaderParam("If-Match") @Nullable String ifMatch) {
    return versions(name, ifMatch)
        .chain(versions -> queries.delete(name, versions))
        .chain(gone -> gone ? Uni.createFrom().voidItem() : conflict(name).replaceWithVoid())
        .invoke(policies::changed)
        .map(gone -> Response.noContent().build());
  }

  /** There is none, or it is of another version. */
  private Uni<RateLimitPolicy> conflict(String name) {
    return queries
        .find(name)
        .map(found -> {
          throw found
              .map(other ->
                  new ProblemException(
                          CoordinationProblem.VERSION_CONFLICT,
                          "read it again, and decide on what it is now")
                      .with("current_version", other.version()))
              .orElseGet(() -> unknown(name));
        });
  }

  /** Empty: any, or none. A star stands for the version that there is. */
  private Uni<Optional<List<Integer>>> versions(String name, @Nullable String ifMatch) {
    if (ifMatch == null) {
      return Uni.createFrom().item(Optional.empty());
    }
    if (ifMatch.strip().equals(ANY)) {
      return queries
          .find(name)
          .map(found ->
              Optional.of(found.map(policy -> List.of(policy.version())).orElse(List.of())));
    }
    return Uni.createFrom()
        .item(
            Optional.of(
                TAG.matcher(ifMatch)
                    .results()
                    .map((java.util.regex.MatchResult found) -> Integer.valueOf(found.group(1)))
                    .toList()));
  }

  private static String tag(RateLimitPolicy policy) {
    return "\"" + policy.version() + "\"";
  }

  private static void checkName(String name) {
    var violations = new Violations();
    Matcher matcher = NAME.matcher(name);
    violations.checkParameter(
        matcher.matches() && !name.equals(Plan.INLINE),
        CoordinationProblem.INVALID_POLICY,
        "name",
        "must be 1 to 100 letters, digits, '.', '_' or '-', and not 'inline'");
    violations.orThrow();
  }

  private static ProblemException unknown(String name) {
    return new ProblemException(CoordinationProblem.UNKNOWN_POLICY, "no policy " + name);
  }
}
