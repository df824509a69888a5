package dev.quintet.autoscaler.user;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.Cursors;
import dev.quintet.autoscaler.access.Parameters;
import dev.quintet.autoscaler.access.RowId;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Audited;
import dev.quintet.autoscaler.password.Passwords;
import dev.quintet.autoscaler.user.UserQueries.Filter;
import dev.quintet.common.api.autoscaler.LinkRequest;
import dev.quintet.common.api.autoscaler.RoleRequest;
import dev.quintet.common.api.autoscaler.User;
import dev.quintet.common.api.autoscaler.UserChange;
import dev.quintet.common.api.autoscaler.UserRequest;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.page.Cursor;
import dev.quintet.common.page.Page;
import dev.quintet.common.page.PageRequest;
import dev.quintet.common.security.Roles;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Accounts, for administrators. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "users")
@RolesAllowed(Roles.ADMIN)
public class UserResource {
  private static final List<String> ROLES = List.of("USER", "DEVOPS", "ADMIN");
  private static final List<String> PROVIDERS = List.of("local", "keycloak");
  private static final List<String> TRUTHS = List.of("true", "false");

  private final UserQueries queries;
  private final Users users;
  private final Passwords passwords;
  private final Actors actors;

  UserResource(UserQueries queries, Users users, Passwords passwords, Actors actors) {
    this.queries = queries;
    this.users = users;
    this.passwords = passwords;
    this.actors = actors;
  }

  @GET
  @Path("/users")
  @Operation(
      summary = "The users, oldest first",
      description =
          "role is USER, DEVOPS or ADMIN; provider is local or keycloak; active is true or false; q is a part of the email or the name.")
  public Uni<Page<User>> listUsers(
      @QueryParam("role") @Nullable String role,
      @QueryParam("provider") @Nullable String provider,
      @QueryParam("active") @Nullable String active,
      @QueryParam("q") @Nullable String q,
      @QueryParam("limit") @Nullable String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var parameters = new Parameters();
    var filter =
        new Filter(
            parameters.oneOf("role", role, ROLES),
            parameters.oneOf("provider", provider, PROVIDERS),
            parameters.oneOf("active", active, TRUTHS) == null ? null : Boolean.valueOf(active),
            q);
    parameters.orThrow();
    var page = PageRequest.of(limit, cursor, 1);
    return queries
        .list(filter, Cursors.id(page), page.fetch())
        .map(rows -> Page.of(rows, page, row -> Cursor.behind(row.id())));
  }

  @GET
  @Path("/users/{id}")
  @Operation(summary = "One user")
  @Problems("unknown_user")
  public Uni<User> findUser(RowId id) {
    return queries
        .find(id.value())
        .map(found -> found.orElseThrow(() -> Users.unknown(id.value())));
  }

  @POST
  @Path("/users")
  @Audited(value = AuditAction.USER_CREATED, resource = "")
  @Operation(
      summary = "Make a local user",
      description =
          "For the day when Keycloak is away: he logs in by POST /auth/login, where that is switched on. Keycloak's users make themselves known"
              + " by their first request.")
  @APIResponseSchema(value = User.class, responseCode = "201")
  @Problems({
    "email_taken",
    "invalid_email",
    "invalid_password",
    "invalid_name",
    "invalid_role",
    "overloaded"
  })
  public Uni<Response> createUser(
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key, UserRequest request) {
    var actor = actors.current();
    return passwords
        .hash(Objects.requireNonNull(request.password()))
        .chain(hash -> users.create(key, actor, request, hash))
        .map(Answer::response);
  }

  @PATCH
  @Path("/users/{id}")
  @Audited(AuditAction.USER_UPDATED)
  @Operation(
      summary = "Change a user",
      description =
          "Of a Keycloak user only is_active: the rest is Keycloak's, and not_local_user says so. Whoever is not active is refused from his next request on.")
  @APIResponseSchema(value = User.class, responseCode = "200")
  @Problems({
    "unknown_user",
    "email_taken",
    "last_admin",
    "not_local_user",
    "invalid_email",
    "invalid_password",
    "invalid_name",
    "overloaded"
  })
  public Uni<Response> changeUser(
      RowId id,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      UserChange request) {
    var actor = actors.current();
    int user = id.value();
    return request.password() == null
        ? users.change(key, actor, user, request, null).map(Answer::response)
        : passwords
            .hash(request.password())
            .chain(hash -> users.change(key, actor, user, request, hash))
            .map(Answer::response);
  }

  @PUT
  @Path("/users/{id}/role")
  @Audited(AuditAction.USER_ROLE_CHANGED)
  @Operation(
      summary = "Give a user a role",
      description =
          "Holds from his next request on. A Keycloak user's role then no longer follows Keycloak (role_override), until the override is cleared.")
  @APIResponseSchema(value = User.class, responseCode = "200")
  @Problems({"unknown_user", "last_admin", "invalid_role"})
  public Uni<Response> setRole(
      RowId id,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      RoleRequest request) {
    return users
        .setRole(key, actors.current(), id.value(), Objects.requireNonNull(request.role()))
        .map(Answer::response);
  }

  @DELETE
  @Path("/users/{id}/role-override")
  @Audited(AuditAction.USER_ROLE_CHANGED)
  @Operation(
      summary = "Let a user's role follow Keycloak again",
      description = "The role stays until his next request brings Keycloak's.")
  @APIResponseSchema(value = User.class, responseCode = "200")
  @Problems("unknown_user")
  public Uni<Response> clearRoleOverride(
      RowId id, @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key) {
    return users.clearOverride(key, actors.current(), id.value()).map(Answer::response);
  }

  @POST
  @Path("/users/{id}/link")
  @Audited(AuditAction.USER_LINKED)
  @Operation(
      summary = "Join a local user and a Keycloak user",
      description =
          "Takes effect with the Keycloak user's next request, if Keycloak has verified his email (409 email_not_verified there, if not): the"
              + " account is his then, and follows Keycloak, and its password opens nothing any more.")
  @APIResponseSchema(value = User.class, responseCode = "200")
  @Problems({"unknown_user", "not_local_user", "keycloak_user_taken"})
  public Uni<Response> linkUser(
      RowId id,
      @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key,
      LinkRequest request) {
    return users.link(key, actors.current(), id.value(), request).map(Answer::response);
  }

  @DELETE
  @Path("/users/{id}")
  @Audited(AuditAction.USER_DELETED)
  @Operation(
      summary = "Delete a user",
      description =
          "What he did stays on record with his email. A Keycloak user comes back with his next request: to keep him out, set is_active to false.")
  @Problems({"unknown_user", "last_admin"})
  public Uni<Response> deleteUser(
      RowId id, @HeaderParam(IdempotencyKey.HEADER) @Nullable IdempotencyKey key) {
    return users.delete(key, actors.current(), id.value()).map(Answer::response);
  }
}
