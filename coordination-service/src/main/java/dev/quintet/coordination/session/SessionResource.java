package dev.quintet.coordination.session;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.Segments;
import dev.quintet.common.api.coordination.SessionCount;
import dev.quintet.common.api.coordination.SessionRemoved;
import dev.quintet.common.api.coordination.SessionRequest;
import dev.quintet.common.api.coordination.SessionTransfer;
import dev.quintet.common.api.coordination.SessionsMoved;
import dev.quintet.common.api.coordination.UserSession;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import dev.quintet.coordination.session.SessionScript.Put;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Sessions of users. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "sessions")
public class SessionResource {
  private final SessionScript script;
  private final Sessions sessions;
  private final Callers callers;

  SessionResource(SessionScript script, Sessions sessions, Callers callers) {
    this.script = script;
    this.sessions = sessions;
    this.callers = callers;
  }

  @PUT
  @Path("/sessions/{user_id}/{session_id}")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Register a session",
      description =
          "201: it is new. 200: it was there, and has this socket and server now. A user has only so many: one more ends the one that was active"
              + " the longest time ago, which the answer names, or is 409 too_many_sessions, as the installation is set. 503 redis_unavailable.")
  @APIResponseSchema(value = UserSession.class, responseCode = "200")
  @Problems({"invalid_key_segment", "invalid_session"})
  public Uni<Response> registerSession(
      @PathParam("user_id") String user,
      @PathParam("session_id") String session,
      SessionRequest request) {
    checked(user, session);
    return script
        .put(
            user,
            session,
            Objects.requireNonNull(request.socketId()),
            Objects.requireNonNull(request.serverId()))
        .map(put ->
            switch (put) {
              case Put.Kept(UserSession kept, boolean made) ->
                  Response.status(made ? 201 : 200).entity(kept).build();
              case Put.Full(long count) ->
                  throw new ProblemException(CoordinationProblem.TOO_MANY_SESSIONS)
                      .with("sessions", count);
            });
  }

  @GET
  @Path("/sessions/{user_id}/{session_id}")
  @RolesAllowed({Roles.SERVICE, Roles.USER})
  @Operation(
      summary = "A session",
      description =
          "404 session_expired, also where people ask for another's. 503 redis_unavailable.")
  @Problems({"invalid_key_segment"})
  public Uni<UserSession> session(
      @PathParam("user_id") String user, @PathParam("session_id") String session) {
    checked(user, session);
    if (!mayAskFor(user)) {
      // Not even whether there is one.
      throw over();
    }
    return script.find(user, session).map(found -> found.orElseThrow(SessionResource::over));
  }

  @DELETE
  @Path("/sessions/{user_id}/{session_id}")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "End a session",
      description = "Where it was over already, removed is false. 503 redis_unavailable.")
  @Problems({"invalid_key_segment"})
  public Uni<SessionRemoved> removeSession(
      @PathParam("user_id") String user, @PathParam("session_id") String session) {
    checked(user, session);
    return script.remove(user, session).map(SessionRemoved::new);
  }

  @POST
  @Path("/sessions/{user_id}/{session_id}/touch")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "A session is still in use",
      description =
          "It lives its whole time from now. One that is over does not come back: 404 session_expired, register it anew. 503 redis_unavailable.")
  @Problems({"invalid_key_segment"})
  public Uni<UserSession> touchSession(
      @PathParam("user_id") String user, @PathParam("session_id") String session) {
    checked(user, session);
    return script.touch(user, session).map(found -> found.orElseThrow(SessionResource::over));
  }

  @GET
  @Path("/sessions")
  @RolesAllowed({Roles.SERVICE, Roles.USER})
  @Operation(
      summary = "The sessions of a user or of a server",
      description =
          "One of user_id and server_id. People see their own: 403 forbidden else. 503 redis_unavailable.")
  @Problems({"invalid_key_segment", "invalid_limit", "invalid_cursor"})
  public Uni<Page<UserSession>> sessions(
      @QueryParam("user_id") @Nullable String user,
      @QueryParam("server_id") @Nullable String server,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    checkedOne(user, server);
    var page = PageRequest.of(limit, cursor, 1);
    String behind = page.cursor().map(at -> at.text(0)).orElse("");
    var rows =
        user != null
            ? sessions.ofUser(user, behind, page.fetch())
            : sessions.ofServer(Objects.requireNonNull(server), behind, page.fetch());
    return rows.map(all -> Page.of(all, page, last -> Cursor.behind(Sessions.place(last))));
  }

  @GET
  @Path("/sessions/count")
  @RolesAllowed({Roles.SERVICE, Roles.USER})
  @Operation(
      summary = "How many sessions a user or a server has",
      description =
          "One of user_id and server_id. People count their own: 403 forbidden else. 503 redis_unavailable.")
  @Problems({"invalid_key_segment"})
  public Uni<SessionCount> countSessions(
      @QueryParam("user_id") @Nullable String user,
      @QueryParam("server_id") @Nullable String server) {
    checkedOne(user, server);
    var count =
        user != null
            ? sessions.countOfUser(user)
            : sessions.countOfServer(Objects.requireNonNull(server));
    return count.map(SessionCount::new);
  }

  @POST
  @Path("/sessions/transfer")
  @RolesAllowed(Roles.SERVICE)
  @Operation(
      summary = "Give all sessions of a server to another one",
      description = "In batches; repeating it moves what is left. 503 redis_unavailable.")
  @Problems({"invalid_key_segment", "invalid_session"})
  public Uni<SessionsMoved> transferSessions(SessionTransfer request) {
    return sessions
        .transfer(
            Objects.requireNonNull(request.fromServer()),
            Objects.requireNonNull(request.toServer()))
        .map(SessionsMoved::new);
  }

  private static void checked(String user, String session) {
    var violations = new Violations();
    Segments.checkIdParameter(violations, user, "user_id");
    Segments.checkIdParameter(violations, session, "session_id");
    violations.orThrow();
  }

  private void checkedOne(@Nullable String user, @Nullable String server) {
    var violations = new Violations();
    violations.checkParameter(
        (user == null) != (server == null),
        CommonProblem.INVALID_PARAMETER,
        "user_id",
        "either user_id or server_id must be given");
    if (user != null) {
      Segments.checkIdParameter(violations, user, "user_id");
    }
    if (server != null) {
      Segments.checkIdParameter(violations, server, "server_id");
    }
    if ((user != null || server != null) && !mayAskFor(user)) {
      throw new ProblemException(CommonProblem.FORBIDDEN).with("required_role", Roles.SERVICE);
    }
    violations.orThrow();
  }

  /** Services ask for everybody, people for themselves; null: for more than one user. */
  private boolean mayAskFor(@Nullable String user) {
    var caller = callers.current();
    return caller.has(Roles.SERVICE) || caller.subject().equals(user);
  }

  private static ProblemException over() {
    return new ProblemException(CoordinationProblem.SESSION_EXPIRED);
  }
}
