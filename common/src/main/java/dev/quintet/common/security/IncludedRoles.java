package dev.quintet.common.security;

import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.SecurityIdentityAugmentor;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** The hierarchy holds by our word too, whatever the realm's composite roles are set to. */
@ApplicationScoped
public class IncludedRoles implements SecurityIdentityAugmentor {
  @Override
  public Uni<SecurityIdentity> augment(
      SecurityIdentity identity, AuthenticationRequestContext context) {
    if (identity.isAnonymous()) {
      return Uni.createFrom().item(identity);
    }
    var all = Roles.withIncluded(identity.getRoles());
    return Uni.createFrom()
        .item(
            all.size() == identity.getRoles().size()
                ? identity
                : QuarkusSecurityIdentity.builder(identity).addRoles(all).build());
  }
}
