package dev.quintet.tracker.postgrest;

import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Supabase's clients send their key as {@code apikey}, and again as bearer. The bearer counts; an
 * {@code apikey} alone becomes the bearer. If it is a configured key it is checked here, ahead of
 * OIDC; else it is a token, and OIDC's business. Only under {@code /rest/v1}.
 */
@ApplicationScoped
public class ApiKeyMechanism implements HttpAuthenticationMechanism {
  private static final String DOOR = "/rest/v1/";
  private static final String BEARER = "bearer ";

  /** Before OIDC's, which refuses every bearer that is no token. */
  private static final int FIRST = DEFAULT_PRIORITY + 1000;

  /** Before authentication, which Quarkus runs at 200. */
  private static final int BEFORE_AUTHENTICATION = 300;

  private final ApiKeyIdentityProvider provider;

  ApiKeyMechanism(ApiKeyIdentityProvider provider) {
    this.provider = provider;
  }

  void register(@Observes Filters filters) {
    filters.register(ApiKeyMechanism::bearer, BEFORE_AUTHENTICATION);
  }

  private static void bearer(RoutingContext request) {
    var headers = request.request().headers();
    String key = headers.get("apikey");
    if (atTheDoor(request)
        && key != null
        && !key.isBlank()
        && !headers.contains(HttpHeaders.AUTHORIZATION)) {
      headers.set(HttpHeaders.AUTHORIZATION, "Bearer " + key);
    }
    request.next();
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      RoutingContext request, IdentityProviderManager identities) {
    String key = key(request);
    return key == null || !provider.knows(key)
        ? Uni.createFrom().nullItem()
        : identities.authenticate(new ApiKeyRequest(key));
  }

  private static @Nullable String key(RoutingContext request) {
    String header = request.request().getHeader(HttpHeaders.AUTHORIZATION);
    return atTheDoor(request)
            && header != null
            && header.toLowerCase(Locale.ROOT).startsWith(BEARER)
        ? header.substring(BEARER.length()).strip()
        : null;
  }

  private static boolean atTheDoor(RoutingContext request) {
    String path = request.normalizedPath();
    return path != null && path.startsWith(DOOR);
  }

  @Override
  public Uni<ChallengeData> getChallenge(RoutingContext request) {
    // The same word as OIDC's: there is one way to show either.
    return Uni.createFrom().item(new ChallengeData(401, "WWW-Authenticate", "Bearer"));
  }

  @Override
  public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
    return Set.of(ApiKeyRequest.class);
  }

  @Override
  public int getPriority() {
    return FIRST;
  }
}
