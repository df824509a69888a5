package dev.quintet.autoscaler.login;

import dev.quintet.autoscaler.access.Actor;
import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Audited;
import dev.quintet.autoscaler.login.LocalTokens.Token;
import dev.quintet.autoscaler.login.LoginResult.Inactive;
import dev.quintet.autoscaler.login.LoginResult.LoggedIn;
import dev.quintet.autoscaler.login.LoginResult.Right;
import dev.quintet.autoscaler.login.LoginResult.TooMany;
import dev.quintet.autoscaler.login.LoginResult.Wrong;
import dev.quintet.autoscaler.password.Passwords;
import dev.quintet.autoscaler.user.Users;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.LoginReply;
import dev.quintet.common.api.autoscaler.LoginRequest;
import dev.quintet.common.api.autoscaler.Me;
import dev.quintet.common.api.autoscaler.ProfileChange;
import dev.quintet.common.api.autoscaler.User;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Roles;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;

/** Who calls; and for local users, in and out. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "auth")
public class AuthResource {
  private final Logins logins;
  private final LocalTokens tokens;
  private final Users users;
  private final Passwords passwords;
  private final Actors actors;
  private final SecurityIdentity identity;

  AuthResource(
      Logins logins,
      LocalTokens tokens,
      Users users,
      Passwords passwords,
      Actors actors,
      SecurityIdentity identity) {
    this.logins = logins;
    this.tokens = tokens;
    this.users = users;
    this.passwords = passwords;
    this.actors = actors;
    this.identity = identity;
  }

  @POST
  @Path("/auth/login")
  @PermitAll
  @Operation(
      summary = "Log in as a local user",
      description =
          "For the day when Keycloak is away; 404 local_login_off where it is not switched on. Also takes a form with email and password. An"
              + " account takes 5 wrong passwords in 15 minutes, an address 10 tries a minute.")
  @Problems({
    "local_login_off",
    "bad_credentials",
    "user_inactive",
    "too_many_logins",
    "overloaded"
  })
  public Uni<RestResponse<LoginReply>> logIn(LoginRequest request) {
    if (!tokens.enabled()) {
      throw new ProblemException(AutoscalerProblem.LOCAL_LOGIN_OFF);
    }
    return logins
        .logIn(
            actors.named(Objects.requireNonNull(request.email()), Actors.NOBODY),
            Objects.requireNonNull(request.password()))
        .map(this::reply);
  }

  /** The same, as browsers without a script send it. */
  @POST
  @Path("/auth/login")
  @PermitAll
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Uni<RestResponse<LoginReply>> logInByForm(
      @FormParam("email") @Nullable String email,
      @FormParam("password") @Nullable String password) {
    return logIn(new LoginRequest(email, password));
  }

  @POST
  @Path("/auth/logout")
  @RolesAllowed(Roles.USER)
  @Audited(value = AuditAction.LOGOUT, resource = "")
  @Operation(
      summary = "End a local user's token before its time",
      description =
          "On every replica, from this answer on. Keycloak's tokens are Keycloak's to end: not_local_user.")
  @APIResponse(responseCode = "204", description = "it is over")
  @Problems("not_local_user")
  public Uni<RestResponse<Void>> logOut() {
    Token token = identity.getAttribute(LocalTokenProvider.TOKEN);
    if (token == null) {
      throw new ProblemException(
          AutoscalerProblem.NOT_LOCAL_USER, "this token is Keycloak's: log out there");
    }
    return logins.logOut(actors.current(), token).map(done -> RestResponse.noContent());
  }

  @GET
  @Path("/auth/me")
  @RolesAllowed({Roles.USER, Roles.SERVICE})
  @Operation(summary = "Who calls, and what for")
  public Uni<Me> me() {
    Actor actor = actors.current();
    return actor.userId() == null
        ? Uni.createFrom().item(new Me(actor.email(), actor.role(), null))
        : users.find(actor.userId()).map(user -> new Me(user.email(), user.role(), user));
  }

  @PATCH
  @Path("/auth/profile")
  @RolesAllowed(Roles.USER)
  @Audited(value = AuditAction.PROFILE_UPDATED, resource = "")
  @Operation(
      summary = "Change one's own name or password",
      description =
          "Local users only. A new password needs the current one, and a wrong one counts as a failed login.")
  @APIResponseSchema(value = User.class, responseCode = "200")
  @Problems({
    "not_local_user",
    "invalid_name",
    "invalid_password",
    "too_many_logins",
    "unknown_user",
    "overloaded"
  })
  public Uni<Response> changeProfile(ProfileChange request) {
    Actor actor = actors.current();
    int id = Objects.requireNonNull(actor.userId());
    return users
        .find(id)
        .invoke(AuthResource::requireLocal)
        .chain(user ->
            request.newPassword() == null
                ? users.changeProfile(null, actor, id, request.fullName(), null)
                : changePassword(actor, id, request))
        .map(Answer::response);
  }

  private Uni<Answer> changePassword(Actor actor, int id, ProfileChange request) {
    return logins
        .confirm(actor, id, Objects.requireNonNull(request.currentPassword()))
        .invoke(refused -> refused.ifPresent(AuthResource::refuse))
        .chain(() -> passwords.hash(Objects.requireNonNull(request.newPassword())))
        .chain(hash -> users.changeProfile(null, actor, id, request.fullName(), hash));
  }

  private static void requireLocal(User user) {
    if (!user.authProvider().equals("local")) {
      throw new ProblemException(
          AutoscalerProblem.NOT_LOCAL_USER, "name and password of a Keycloak user are Keycloak's");
    }
  }

  private RestResponse<LoginReply> reply(LoginResult result) {
    return switch (result) {
      case LoggedIn(User user, String token) ->
          ResponseBuilder.ok(new LoginReply(token, "Bearer", tokens.life().toSeconds(), user))
              .header("Cache-Control", "no-store")
              .build();
      case Wrong wrong -> throw new ProblemException(AutoscalerProblem.BAD_CREDENTIALS);
      case Inactive inactive -> throw new ProblemException(AutoscalerProblem.USER_INACTIVE);
      case TooMany tooMany -> throw tooMany(tooMany);
      case Right right -> throw new IllegalStateException("asked for a token");
    };
  }

  private static void refuse(LoginResult result) {
    if (result instanceof TooMany tooMany) {
      throw tooMany(tooMany);
    }
    var violations = new Violations();
    violations.add(
        AutoscalerProblem.INVALID_PASSWORD, "/current_password", "is not the current password");
    violations.orThrow();
  }

  private static ProblemException tooMany(TooMany tooMany) {
    return new ProblemException(AutoscalerProblem.TOO_MANY_LOGINS).retryAfter(tooMany.left());
  }
}
