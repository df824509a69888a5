package dev.quintet.autoscaler.audit;

import dev.quintet.autoscaler.access.Actors;
import dev.quintet.common.problem.ProblemDocuments;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.UriInfo;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/**
 * A change that was refused leaves a FAILURE row. Not so a caller without a valid token: anybody
 * could fill the table, and there is nobody to name; failed logins have rows of their own.
 */
@ApplicationScoped
public class RefusalAudit {
  private static final Logger LOG = Logger.getLogger(RefusalAudit.class);
  private static final int UNAUTHENTICATED = 401;

  private final Actors actors;
  private final Changes changes;

  RefusalAudit(Actors actors, Changes changes) {
    this.actors = actors;
    this.changes = changes;
  }

  @ServerResponseFilter
  public Uni<Void> record(
      ContainerResponseContext response,
      ResourceInfo resource,
      UriInfo uri,
      RoutingContext request) {
    if (response.getStatus() < 400
        || response.getStatus() == UNAUTHENTICATED
        || request.user() == null
        || resource.getResourceMethod() == null) {
      return Uni.createFrom().voidItem();
    }
    Audited audited = resource.getResourceMethod().getAnnotation(Audited.class);
    if (audited == null) {
      return Uni.createFrom().voidItem();
    }
    String code = request.get(ProblemDocuments.CODE);
    return changes
        .refused(
            actors.current(),
            audited.value(),
            uri.getPathParameters().getFirst(audited.resource()),
            code == null ? "status " + response.getStatus() : code)
        .onFailure()
        .recoverWithItem(failure -> {
          LOG.warnf("event=refusal_not_audited action=%s cause=\"%s\"", audited.value(), failure);
          return null;
        });
  }
}
