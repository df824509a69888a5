package dev.quintet.common.security;

import io.quarkus.security.identity.SecurityIdentity;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.json.JsonArray;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jspecify.annotations.Nullable;

/** Gives a resource the {@link Caller} of the request at hand. */
@ApplicationScoped
public class Callers {
  private static final String CLUSTERS = "tracker_clusters";

  private final SecurityIdentity identity;

  Callers(SecurityIdentity identity) {
    this.identity = identity;
  }

  public Caller current() {
    if (!(identity.getPrincipal() instanceof JsonWebToken token)) {
      String name = identity.isAnonymous() ? "anonymous" : identity.getPrincipal().getName();
      return new Caller(name, name, Set.copyOf(identity.getRoles()), null);
    }
    String subject = token.getSubject() == null ? token.getName() : token.getSubject();
    return new Caller(
        subject,
        token.getName() == null ? subject : token.getName(),
        Set.copyOf(identity.getRoles()),
        texts(token.getClaim(CLUSTERS)));
  }

  /**
   * A claim that is there but not a list of texts is a limit to nothing, not the absence of one.
   */
  private static @Nullable Set<String> texts(@Nullable Object claim) {
    var texts = new TreeSet<String>();
    switch (claim) {
      case null -> {
        return null;
      }
      case JsonArray array -> array.forEach(value -> addText(value, texts));
      case JsonValue value -> addText(value, texts);
      case Collection<?> values -> values.forEach(value -> texts.add(String.valueOf(value)));
      default -> texts.add(claim.toString());
    }
    return texts;
  }

  private static void addText(JsonValue value, Set<String> texts) {
    if (value instanceof JsonString text) {
      texts.add(text.getString());
    }
  }
}
