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
import org.jspecify.annotations.Nullable;

/** Gives a resource the {@link Actor} of the request at hand. */
@ApplicationScoped
public class Actors {
  /** The identity's attribute with the caller's row of users, an {@link Account}. */
  public static final String ACCOUNT = "autoscaler.account";

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

  public Actor current() {
    RoutingContext http = request.getCurrent();
    String requestId = TraceIds.of(http);
    String ip = address(http);
    String agent = cut(http.request().getHeader("User-Agent"), LONGEST_USER_AGENT);
    Account account = identity.getAttribute(ACCOUNT);
    if (account != null) {
      return new Actor(account.id(), account.email(), account.role(), ip, agent, requestId);
    }
    Caller caller = callers.current();
    return new Actor(null, caller.name(), role(caller), ip, agent, requestId);
  }

  /** For who shows neither token nor key: the identity is not asked for. */
  public Actor named(String name, String role) {
    RoutingContext http = request.getCurrent();
    return new Actor(
        null,
        name,
        role,
        address(http),
        cut(http.request().getHeader("User-Agent"), LONGEST_USER_AGENT),
        TraceIds.of(http));
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
    return "NONE";
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
