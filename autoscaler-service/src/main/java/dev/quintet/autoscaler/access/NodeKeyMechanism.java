package dev.quintet.autoscaler.access;

import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.problem.ProblemDocuments;
import dev.quintet.common.problem.ProblemException;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Set;

/**
 * Reads {@code X-API-Key}. It asks no database: a node's call is one statement, and that statement
 * itself finds the node by the key's hash ({@code autoscaler.authenticate_node}), so a key is
 * refused from the commit of its revocation on.
 */
@ApplicationScoped
public class NodeKeyMechanism implements HttpAuthenticationMechanism {
  /** The identity's attribute with the {@link NodeKey}. */
  static final String KEY = "autoscaler.node_key";

  /** Before OIDC's, which would find no bearer and call it anonymous. */
  private static final int FIRST = DEFAULT_PRIORITY + 1000;

  /** Before authentication, which Quarkus runs at 200. */
  private static final int BEFORE_AUTHENTICATION = 300;

  private final ProblemDocuments problems;

  NodeKeyMechanism(ProblemDocuments problems) {
    this.problems = problems;
  }

  void register(@Observes Filters filters) {
    filters.register(this::refuseTwo, BEFORE_AUTHENTICATION);
  }

  private void refuseTwo(RoutingContext request) {
    var headers = request.request().headers();
    if (headers.contains(NodeKey.HEADER) && headers.contains(HttpHeaders.AUTHORIZATION)) {
      problems.end(request, new ProblemException(AutoscalerProblem.TWO_CREDENTIALS));
    } else {
      request.next();
    }
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      RoutingContext request, IdentityProviderManager identities) {
    String presented = request.request().getHeader(NodeKey.HEADER);
    if (presented == null) {
      return Uni.createFrom().nullItem();
    }
    return NodeKey.of(presented)
        .map(key ->
            Uni.createFrom()
                .item(
                    (SecurityIdentity)
                        QuarkusSecurityIdentity.builder()
                            .setPrincipal(new QuarkusPrincipal("node key " + key.prefix()))
                            .addRole(NodeKey.ROLE)
                            .addAttribute(KEY, key)
                            .build()))
        .orElseGet(() -> Uni.createFrom().failure(new AuthenticationFailedException()));
  }

  @Override
  public Uni<ChallengeData> getChallenge(RoutingContext request) {
    return Uni.createFrom().item(new ChallengeData(401, "WWW-Authenticate", "Bearer"));
  }

  @Override
  public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
    return Set.of();
  }

  @Override
  public int getPriority() {
    return FIRST;
  }
}
