package dev.quintet.common.probe;

import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.Idempotency;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Caller;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import dev.quintet.common.sql.CallerScope;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** One operation for each promise of common. */
@Path("/api/v1/probe")
@RolesAllowed(Roles.USER)
public class ProbeResource {
  private final Statements statements;
  private final Idempotency idempotency;
  private final Callers callers;
  private final CallerScope scope;

  ProbeResource(
      Statements statements, Idempotency idempotency, Callers callers, CallerScope scope) {
    this.statements = statements;
    this.idempotency = idempotency;
    this.callers = callers;
    this.scope = scope;
  }

  public enum Colour {
    RED,
    GREEN
  }

  public record Part(int partNumber, @InvalidAs("invalid_epoch") long epoch) {
    public Part {
      var violations = new Violations();
      violations.check(
          partNumber >= 0, CommonProblem.INVALID_VALUE, "/part_number", "must not be negative");
      violations.orThrow();
    }
  }

  public record Body(
      String givenName,
      Integer howMany,
      UUID someId,
      Colour colour,
      double weight,
      List<Part> parts,
      Map<String, String> labels) {
    public Body {
      var violations = new Violations();
      violations.required(givenName, "/given_name");
      violations.check(
          howMany == null || howMany > 0,
          CommonProblem.INVALID_VALUE,
          "/how_many",
          "must be 1 or more");
      violations.orThrow();
    }
  }

  @POST
  @Path("/echo")
  @RolesAllowed({Roles.SERVICE, Roles.USER})
  @Problems({"validation_failed"})
  public Uni<Body> echo(Body body) {
    return Uni.createFrom().item(body);
  }

  @GET
  @Path("/numbers/{number}")
  public Uni<Map<String, Object>> number(
      @PathParam("number") int number, @QueryParam("id") UUID id) {
    return Uni.createFrom().item(Map.of("number", number));
  }

  @GET
  @Path("/list")
  public Uni<Integer> list(@QueryParam("limit") String limit, @QueryParam("cursor") String cursor) {
    return Uni.createFrom().item(PageRequest.of(limit, cursor, 2).limit());
  }

  @GET
  @Path("/caller")
  @RolesAllowed({Roles.SERVICE, Roles.USER})
  public Uni<Caller> caller() {
    return Uni.createFrom().item(callers.current());
  }

  @GET
  @Path("/admins")
  @RolesAllowed(Roles.ADMIN)
  public Uni<String> admins() {
    return Uni.createFrom().item("{}");
  }

  @GET
  @Path("/raise/{state}")
  public Uni<String> raise(@PathParam("state") String state) {
    return statements.run("SELECT public.raise_state($1)", Tuple.of(state)).map(rows -> "{}");
  }

  /** Fails with a serialization failure as often as the table says. */
  @GET
  @Path("/stumble")
  public Uni<String> stumble() {
    return statements.run("SELECT public.stumble()").map(rows -> "{}");
  }

  @GET
  @Path("/now")
  public Uni<String> now() {
    return statements.run("SELECT now()::text").map(rows -> "{}");
  }

  @GET
  @Path("/identity")
  public Uni<String> identity() {
    return scope.as(
        "quintet_probe_scope",
        callers.current(),
        tx ->
            tx.preparedQuery("SELECT auth.uid()::text || ' ' || auth.role() || ' ' || current_user")
                .execute()
                .map(r -> r.iterator().next().getString(0)));
  }

  @GET
  @Path("/bug")
  public Uni<String> bug() {
    throw new IllegalStateException("the password is hunter2");
  }

  @GET
  @Path("/wait")
  public Uni<String> later() {
    throw new ProblemException(CommonProblem.TOO_MANY_REQUESTS)
        .retryAfter(Duration.ofMillis(1500))
        .with("current_epoch", 33);
  }

  public record Named(String name) {}

  @POST
  @Path("/once")
  public Uni<Response> once(@HeaderParam(IdempotencyKey.HEADER) IdempotencyKey key, Named body) {
    return idempotency
        .once(
            key,
            callers.current(),
            "probe_once",
            body,
            tx ->
                tx.preparedQuery("INSERT INTO public.effects (name) VALUES ($1) RETURNING id")
                    .execute(Tuple.of(body.name()))
                    .map(rows -> {
                      if (body.name().equals("refused")) {
                        throw new ProblemException(CommonProblem.CONFLICT);
                      }
                      int id = rows.iterator().next().getInteger(0);
                      return new Idempotency.Effect(
                          201, Map.of("Location", "/x/" + id), Map.of("id", id));
                    }))
        .map(Answer::response);
  }
}
