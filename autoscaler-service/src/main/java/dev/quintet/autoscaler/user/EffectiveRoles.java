package dev.quintet.autoscaler.user;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.autoscaler.access.Actors.Account;
import dev.quintet.autoscaler.user.SignIn.Inactive;
import dev.quintet.autoscaler.user.SignIn.LinkRequired;
import dev.quintet.autoscaler.user.SignIn.Unverified;
import dev.quintet.autoscaler.user.SignIn.Welcome;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.User;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Roles;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.SecurityIdentityAugmentor;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.vertx.http.runtime.security.HttpSecurityUtils;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.jwt.JsonWebToken;

/**
 * What a person may do is what his account says, on every request: the roles of the token end here.
 * A service has no account and is left with its one role.
 */
@ApplicationScoped
public class EffectiveRoles implements SecurityIdentityAugmentor {
  /** Higher is earlier: IncludedRoles has 0, and what it adds must follow from the account's. */
  private static final int BEFORE_INCLUDED_ROLES = 100;

  private final SignIns signIns;
  private final String client;

  EffectiveRoles(
      SignIns signIns, @ConfigProperty(name = "quarkus.application.name") String client) {
    this.signIns = signIns;
    this.client = client;
  }

  @Override
  public int priority() {
    return BEFORE_INCLUDED_ROLES;
  }

  @Override
  public Uni<SecurityIdentity> augment(
      SecurityIdentity identity, AuthenticationRequestContext context) {
    throw new IllegalStateException("authentication without a request");
  }

  @Override
  public Uni<SecurityIdentity> augment(
      SecurityIdentity identity,
      AuthenticationRequestContext context,
      Map<String, Object> attributes) {
    if (identity.isAnonymous() || !(identity.getPrincipal() instanceof JsonWebToken token)) {
      return Uni.createFrom().item(identity);
    }
    if (TokenPerson.isMachine(token, identity.getRoles())) {
      return Uni.createFrom()
          .item(
              with(
                  identity,
                  identity.getRoles().contains(Roles.SERVICE) ? Set.of(Roles.SERVICE) : Set.of()));
    }
    RoutingContext http = HttpSecurityUtils.getRoutingContextAttribute(attributes);
    return signIns
        .of(TokenPerson.of(token, client), http)
        .map(outcome -> admitted(outcome, identity, http));
  }

  private static SecurityIdentity admitted(
      SignIn outcome, SecurityIdentity identity, RoutingContext http) {
    return switch (outcome) {
      case Welcome(User user) ->
          QuarkusSecurityIdentity.builder(
                  with(identity, Set.of(user.role().toLowerCase(Locale.ROOT))))
              .addAttribute(Actors.ACCOUNT, new Account(user.id(), user.email(), user.role()))
              .build();
      case Inactive(User user) -> {
        Actors.turnAway(http, Actors.of(http, user.id(), user.email(), user.role()));
        throw new ProblemException(AutoscalerProblem.USER_INACTIVE);
      }
      case LinkRequired(String email) -> {
        Actors.turnAway(http, Actors.of(http, null, email, Actors.NOBODY));
        throw new ProblemException(
            AutoscalerProblem.ACCOUNT_LINK_REQUIRED,
            "an administrator links them by POST /api/v1/users/{id}/link");
      }
      case Unverified(User user) -> {
        Actors.turnAway(http, Actors.of(http, user.id(), user.email(), Actors.NOBODY));
        throw new ProblemException(
            AutoscalerProblem.EMAIL_NOT_VERIFIED,
            "the link takes effect when Keycloak has verified the address");
      }
    };
  }

  private static QuarkusSecurityIdentity with(SecurityIdentity identity, Set<String> roles) {
    return QuarkusSecurityIdentity.builder()
        .setPrincipal(identity.getPrincipal())
        .addCredentials(identity.getCredentials())
        .addAttributes(identity.getAttributes())
        .addRoles(roles)
        .build();
  }
}
