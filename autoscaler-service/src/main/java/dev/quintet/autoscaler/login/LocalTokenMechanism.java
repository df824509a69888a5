package dev.quintet.autoscaler.login;

import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.quarkus.vertx.http.runtime.security.HttpSecurityUtils;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Locale;
import java.util.Set;

/** Takes the tokens that were signed here out of the way of OIDC, which knows no such issuer. */
@ApplicationScoped
public class LocalTokenMechanism implements HttpAuthenticationMechanism {
  private static final String BEARER = "bearer ";

  /** Before OIDC's, which refuses every bearer that is not Keycloak's. */
  private static final int BEFORE_OIDC = DEFAULT_PRIORITY + 900;

  private final LocalTokens tokens;

  LocalTokenMechanism(LocalTokens tokens) {
    this.tokens = tokens;
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      RoutingContext request, IdentityProviderManager identities) {
    String header = request.request().getHeader(HttpHeaders.AUTHORIZATION);
    if (header == null || !header.toLowerCase(Locale.ROOT).startsWith(BEARER)) {
      return Uni.createFrom().nullItem();
    }
    String token = header.substring(BEARER.length()).strip();
    return tokens.claims(token)
        ? identities.authenticate(
            HttpSecurityUtils.setRoutingContextAttribute(new LocalTokenRequest(token), request))
        : Uni.createFrom().nullItem();
  }

  @Override
  public Uni<ChallengeData> getChallenge(RoutingContext request) {
    return Uni.createFrom().item(new ChallengeData(401, "WWW-Authenticate", "Bearer"));
  }

  @Override
  public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
    return Set.of(LocalTokenRequest.class);
  }

  @Override
  public int getPriority() {
    return BEFORE_OIDC;
  }
}
