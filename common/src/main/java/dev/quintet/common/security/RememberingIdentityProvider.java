package dev.quintet.common.security;

import io.quarkus.oidc.runtime.OidcIdentityProvider;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.IdentityProvider;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.TokenAuthenticationRequest;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.jwt.JsonWebToken;

/**
 * Stands before Quarkus' check of a token and spares it for one that has just passed: see {@link
 * VerifiedTokens}.
 */
@ApplicationScoped
public class RememberingIdentityProvider implements IdentityProvider<TokenAuthenticationRequest> {
  private final OidcIdentityProvider check;
  private final VerifiedTokens verified;

  RememberingIdentityProvider(
      OidcIdentityProvider check,
      Clock clock,
      @ConfigProperty(name = "quintet.oidc.most-verified-tokens", defaultValue = "1000") int most) {
    this.check = check;
    this.verified = new VerifiedTokens(clock, most);
  }

  @Override
  public Class<TokenAuthenticationRequest> getRequestType() {
    return TokenAuthenticationRequest.class;
  }

  @Override
  public int priority() {
    // The highest is asked, and nobody after it. Quarkus' own stands at SYSTEM_FIRST + 1.
    return 2 * SYSTEM_FIRST;
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      TokenAuthenticationRequest request, AuthenticationRequestContext context) {
    String token = request.getToken().getToken();
    return verified
        .find(token)
        .map(identity -> Uni.createFrom().item(identity))
        .orElseGet(() ->
            check.authenticate(request, context).invoke(identity -> remember(token, identity)));
  }

  /** Whether the next request with it is spared the check. */
  boolean remembers(String token) {
    return verified.find(token).isPresent();
  }

  private void remember(String token, SecurityIdentity identity) {
    if (identity.getPrincipal() instanceof JsonWebToken claims && claims.getExpirationTime() > 0) {
      // Only what tells who calls: the attributes hold on to the request that brought the token.
      verified.remember(
          token,
          QuarkusSecurityIdentity.builder()
              .setPrincipal(identity.getPrincipal())
              .addRoles(identity.getRoles())
              .addCredentials(identity.getCredentials())
              .build(),
          Instant.ofEpochSecond(claims.getExpirationTime()));
    }
  }
}
