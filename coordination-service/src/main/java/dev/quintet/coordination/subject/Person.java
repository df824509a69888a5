package dev.quintet.coordination.subject;

import dev.quintet.common.security.Roles;
import jakarta.json.JsonString;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jspecify.annotations.Nullable;

/**
 * Who a token of Keycloak belongs to, if it belongs to a person.
 *
 * @param role the highest of the realm roles
 */
record Person(UUID id, @Nullable String email, String role) {
  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}");
  private static final int LONGEST_EMAIL = 320;

  /** Empty for a client, whose own user stands for nobody, and for who has no role of ours. */
  static Optional<Person> of(JsonWebToken token, Set<String> roles) {
    String subject = token.getSubject();
    String role = highest(roles);
    if (subject == null || role == null || !UUID_TEXT.matcher(subject).matches()) {
      return Optional.empty();
    }
    return Optional.of(new Person(UUID.fromString(subject), email(token), role));
  }

  private static @Nullable String highest(Set<String> roles) {
    if (roles.contains(Roles.SERVICE)) {
      return null;
    }
    if (roles.contains(Roles.ADMIN)) {
      return Roles.ADMIN;
    }
    if (roles.contains(Roles.DEVOPS)) {
      return Roles.DEVOPS;
    }
    return roles.contains(Roles.USER) ? Roles.USER : null;
  }

  private static @Nullable String email(JsonWebToken token) {
    Object claim = token.getClaim("email");
    String text = claim instanceof JsonString json ? json.getString() : (String) claim;
    return text == null || text.length() > LONGEST_EMAIL ? null : text;
  }
}
