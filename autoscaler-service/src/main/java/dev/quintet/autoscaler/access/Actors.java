package dev.quintet.autoscaler.access;

import dev.quintet.common.problem.TraceIds;
import dev.quintet.common.security.Caller;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Locale;
import java.util.Optional;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jspecify.annotations.Nullable;

/** Gives a resource the {@link Actor} of the request at hand. */
@ApplicationScoped
public class Actors {
  /** The identity's attribute with the caller's row of users, an {@link Account}. */
  public static final String ACCOUNT = "autoscaler.account";

  /** The role of whoever was not let in. */
  public static final String NOBODY = "NONE";

  /** Under this name the request at hand knows whom authentication turned away, and why it knew. */
  private static final String TURNED_AWAY = "autoscaler.turned_away";

  private static final int LONGEST_ADDRESS = 45;
  private static final int LONGEST_USER_AGENT = 512;

  private final SecurityIdentity identity;
  private final Callers callers;
  private final CurrentVertxRequest request;

  Actors(SecurityIdentity identity, Callers callers, CurrentVertxRequest request) {
    this.identity = identity;
    this.callers = callers;
    this.request = request;
  }

  /** The part of a users row that decides what its owner may do. */
  public record Account(int id, String email, String role) {}

  /** Only where the operation is not open to anybody: there is an identity then. */
  public Actor current() {
    RoutingContext http = request.getCurrent();
    Actor turnedAway = http.get(TURNED_AWAY);
    if (turnedAway != null) {
      return turnedAway;
    }
    Account account = identity.getAttribute(ACCOUNT);
    if (account != null) {
      return of(http, account.id(), account.email(), account.role());
    }
    Caller caller = callers.current();
    return of(http, null, name(caller), role(caller));
  }

  /** For authentication itself, which has no identity yet. */
  public static Actor of(RoutingContext http, @Nullable Integer userId, String email, String role) {
    return new Actor(
        userId,
        email,
        role,
        address(http),
        cut(http.request().getHeader("User-Agent"), LONGEST_USER_AGENT),
        TraceIds.of(http));
  }

  /** A token that is valid belongs to somebody who may not come in: the audit trail names him. */
  public static void turnAway(RoutingContext http, Actor actor) {
    http.put(TURNED_AWAY, actor);
  }

  public static boolean turnedAway(RoutingContext http) {
    return http.get(TURNED_AWAY) != null;
  }

  /** For who shows neither token nor key: the identity is not asked for. */
  public Actor named(String name, String role) {
    return of(request.getCurrent(), null, name, role);
  }

  /** The key that the request shows; empty where a person or a service calls. */
  public Optional<NodeKey> nodeKey() {
    return Optional.ofNullable(identity.getAttribute(NodeKeyMechanism.KEY));
  }

  private static String role(Caller caller) {
    for (String role :
        new String[] {NodeKey.ROLE, Roles.SERVICE, Roles.ADMIN, Roles.DEVOPS, Roles.USER}) {
      if (caller.has(role)) {
        return role.toUpperCase(Locale.ROOT);
      }
    }
    return NOBODY;
  }

  /** A service is its client; Keycloak's name for that client's user says no more. */
  private String name(Caller caller) {
    if (identity.getPrincipal() instanceof JsonWebToken token
        && token.getClaim("azp") instanceof String client) {
      return client;
    }
    return caller.name();
  }

  /** Quarkus has replaced it by the forwarded one where the sender is a trusted proxy. */
  private static @Nullable String address(RoutingContext http) {
    var remote = http.request().remoteAddress();
    String host = remote == null ? null : remote.hostAddress();
    if (host == null && remote != null) {
      host = remote.host();
    }
    int zone = host == null ? -1 : host.indexOf('%');
    return cut(zone < 0 || host == null ? host : host.substring(0, zone), LONGEST_ADDRESS);
  }

  private static @Nullable String cut(@Nullable String text, int longest) {
    return text == null || text.length() <= longest ? text : text.substring(0, longest);
  }
}
