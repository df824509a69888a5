package dev.quintet.autoscaler.login;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.Actors.Account;
import dev.quintet.autoscaler.login.LocalTokens.Token;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.User;
import dev.quintet.common.problem.ProblemException;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.IdentityProvider;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.vertx.http.runtime.security.HttpSecurityUtils;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Locale;

/** A local token stands for its user's row, as that is now, until it expires or is revoked. */
@ApplicationScoped
public class LocalTokenProvider implements IdentityProvider<LocalTokenRequest> {
  /** The identity's attribute with the {@link Token}. */
  static final String TOKEN = "autoscaler.local_token";

  private final LocalTokens tokens;
  private final LoginQueries logins;

  LocalTokenProvider(LocalTokens tokens, LoginQueries logins) {
    this.tokens = tokens;
    this.logins = logins;
  }

  @Override
  public Class<LocalTokenRequest> getRequestType() {
    return LocalTokenRequest.class;
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      LocalTokenRequest request, AuthenticationRequestContext context) {
    RoutingContext http = HttpSecurityUtils.getRoutingContextAttribute(request);
    return tokens
        .verified(request.token())
        .map(token ->
            logins
                .holder(token)
                .map(found ->
                    identity(found.orElseThrow(AuthenticationFailedException::new), token, http)))
        .orElseGet(() -> Uni.createFrom().failure(new AuthenticationFailedException()));
  }

  private static SecurityIdentity identity(User user, Token token, RoutingContext http) {
    if (!user.isActive()) {
      Actors.turnAway(http, Actors.of(http, user.id(), user.email(), user.role()));
      throw new ProblemException(AutoscalerProblem.USER_INACTIVE);
    }
    return QuarkusSecurityIdentity.builder()
        .setPrincipal(new QuarkusPrincipal(user.email()))
        .addRole(user.role().toLowerCase(Locale.ROOT))
        .addAttribute(Actors.ACCOUNT, new Account(user.id(), user.email(), user.role()))
        .addAttribute(TOKEN, token)
        .build();
  }
}
