package dev.quintet.autoscaler.user;

import dev.quintet.common.api.autoscaler.UserRules;
import dev.quintet.common.security.Roles;
import jakarta.json.JsonString;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jspecify.annotations.Nullable;

/**
 * What a token of Keycloak says of the person who shows it.
 *
 * @param email in lower case; of a person without one, an address at which nobody can be reached
 * @param role USER, DEVOPS or ADMIN, as the token's roles are mapped
 */
record TokenPerson(String sub, String email, boolean emailVerified, String fullName, String role) {
  private static final String MACHINE = "service-account-";
  private static final int LONGEST = 255;

  static TokenPerson of(JsonWebToken token, String client) {
    String sub = token.getSubject();
    String email = text(token, "email");
    String normalized = email == null ? "" : UserRules.normalized(email);
    return new TokenPerson(
        sub,
        UserRules.isEmail(normalized) ? normalized : sub + "@no-email.invalid",
        isTrue(token.getClaim("email_verified")),
        name(text(token, "name"), text(token, "preferred_username"), sub),
        role(roles(token, client)));
  }

  /** A client's own token, which Keycloak gives a user of its own. */
  static boolean isMachine(JsonWebToken token, Set<String> roles) {
    String name = text(token, "preferred_username");
    return token.getSubject() == null
        || roles.contains(Roles.SERVICE)
        || (name != null && name.startsWith(MACHINE));
  }

  /**
   * The highest of the roles that we know, in whatever case they are written; nothing known is
   * USER. Groups and other clients' roles do not count: a group that happens to be called admin
   * makes no administrator.
   */
  static String role(Collection<String> names) {
    String highest = "USER";
    for (String name : names) {
      switch (name.toLowerCase(Locale.ROOT)) {
        case "admin", "administrator" -> {
          return "ADMIN";
        }
        case "devops", "dev-ops" -> highest = "DEVOPS";
        default -> {}
      }
    }
    return highest;
  }

  /** Of the realm, and of this service as a client. */
  private static Set<String> roles(JsonWebToken token, String client) {
    var roles = new TreeSet<String>();
    addRoles(token.getClaim("realm_access"), roles);
    if (token.getClaim("resource_access") instanceof Map<?, ?> clients) {
      addRoles(clients.get(client), roles);
    }
    return roles;
  }

  private static void addRoles(@Nullable Object access, Set<String> roles) {
    if (access instanceof Map<?, ?> map && map.get("roles") instanceof Collection<?> names) {
      names.forEach(name -> roles.add(plain(name)));
    }
  }

  private static @Nullable String text(JsonWebToken token, String claim) {
    Object value = token.getClaim(claim);
    return value == null ? null : plain(value);
  }

  private static String plain(@Nullable Object value) {
    return value instanceof JsonString json ? json.getString() : String.valueOf(value);
  }

  private static boolean isTrue(@Nullable Object claim) {
    return claim != null && claim.toString().equals("true");
  }

  private static String name(@Nullable String... candidates) {
    for (String candidate : candidates) {
      if (candidate != null) {
        String clean = candidate.replaceAll("\\p{Cntrl}", "").strip();
        if (!clean.isEmpty()) {
          return clean.length() <= LONGEST ? clean : clean.substring(0, LONGEST);
        }
      }
    }
    return "?";
  }
}
