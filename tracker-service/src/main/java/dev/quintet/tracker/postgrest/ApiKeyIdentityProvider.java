package dev.quintet.tracker.postgrest;

import dev.quintet.common.security.Roles;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigUtils;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.IdentityProvider;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Whoever shows a configured key is a bot: role service, nothing else. */
@ApplicationScoped
public class ApiKeyIdentityProvider implements IdentityProvider<ApiKeyRequest> {
  private final ApiKeys keys;
  private final boolean allowGuessable;

  ApiKeyIdentityProvider(
      PostgrestConfig config,
      @ConfigProperty(name = "quintet.allow.development-secrets", defaultValue = "false")
          boolean allowGuessable) {
    this.keys = ApiKeys.of(config.apiKeys().orElse(List.of()));
    this.allowGuessable = allowGuessable;
  }

  void atStart(@Observes StartupEvent start) {
    refuseUnfit(ConfigUtils.isProfileActive("prod"));
  }

  /** In production a key that anybody can guess is no key. */
  void refuseUnfit(boolean production) {
    if (production && !allowGuessable && keys.guessable()) {
      throw new IllegalStateException(
          "not fit for production: quintet.tracker.api-keys holds the hash of a development key"
              + " (QUINTET_ALLOW_DEVELOPMENT_SECRETS=true allows it)");
    }
  }

  @Override
  public Class<ApiKeyRequest> getRequestType() {
    return ApiKeyRequest.class;
  }

  boolean knows(String key) {
    return !keys.isEmpty() && keys.find(key).isPresent();
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      ApiKeyRequest request, AuthenticationRequestContext context) {
    return Uni.createFrom()
        .optional(
            keys.find(request.key())
                .map(name ->
                    (SecurityIdentity)
                        QuarkusSecurityIdentity.builder()
                            .setPrincipal(new QuarkusPrincipal(name))
                            .addRole(Roles.SERVICE)
                            .build()));
  }
}
