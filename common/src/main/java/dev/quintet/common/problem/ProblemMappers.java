package dev.quintet.common.problem;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.quintet.common.security.IssuerKeys;
import dev.quintet.common.security.Roles;
import dev.quintet.common.sql.DatabaseError;
import dev.quintet.common.sql.Outages;
import io.quarkus.arc.All;
import io.quarkus.security.AuthenticationCompletionException;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.UnauthorizedException;
import io.vertx.ext.web.RoutingContext;
import io.vertx.pgclient.PgException;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/**
 * The one place where a failure becomes an answer. Whatever it does not know is a 500 that tells
 * the caller a trace id and nothing else.
 */
@ApplicationScoped
public class ProblemMappers {
  private static final Logger LOG = Logger.getLogger(ProblemMappers.class);
  private static final Duration SOON = Duration.ofSeconds(1);

  private final ProblemDocuments documents;
  private final List<DatabaseProblems> services;

  ProblemMappers(ProblemDocuments documents, @All List<DatabaseProblems> services) {
    this.documents = documents;
    this.services = services;
  }

  @ServerExceptionMapper
  public Response problem(ProblemException problem, RoutingContext request) {
    return answer(problem, request);
  }

  @ServerExceptionMapper({
    AuthenticationFailedException.class,
    AuthenticationCompletionException.class,
    UnauthorizedException.class
  })
  public Response unauthenticated(Throwable refused, RoutingContext request) {
    if (IssuerKeys.unavailable(refused)) {
      LOG.debugf(refused, "event=issuer_unavailable");
      return answer(
          new ProblemException(CommonProblem.ISSUER_UNAVAILABLE).retryAfter(SOON), request);
    }
    return answer(new ProblemException(CommonProblem.UNAUTHENTICATED), request);
  }

  @ServerExceptionMapper
  public Response forbidden(
      ForbiddenException refused, RoutingContext request, ResourceInfo resource) {
    return answer(
        new ProblemException(CommonProblem.FORBIDDEN).with("required_role", requiredRole(resource)),
        request);
  }

  /** The least of the roles that may; null where only code decided. */
  private static @Nullable String requiredRole(ResourceInfo resource) {
    Method method = resource.getResourceMethod();
    if (method == null) {
      return null;
    }
    RolesAllowed roles = method.getAnnotation(RolesAllowed.class);
    if (roles == null) {
      roles = method.getDeclaringClass().getAnnotation(RolesAllowed.class);
    }
    if (roles == null) {
      return null;
    }
    List<String> allowed = List.of(roles.value());
    return Stream.of(Roles.USER, Roles.DEVOPS, Roles.ADMIN, Roles.SERVICE)
        .filter(allowed::contains)
        .findFirst()
        .orElseGet(() -> allowed.isEmpty() ? null : allowed.getFirst());
  }

  @ServerExceptionMapper
  public Response http(WebApplicationException e, RoutingContext request, UriInfo uri) {
    Throwable cause = e.getCause();
    if (cause instanceof ProblemException problem) {
      return answer(problem, request);
    }
    int status = e.getResponse().getStatus();
    if (e instanceof NotFoundException && cause != null) {
      // JAX-RS answers 404 to a parameter that cannot be converted; the address is right, though.
      return answer(badParameter(cause, uri), request);
    }
    if (status == 400 && cause instanceof JsonProcessingException) {
      return answer(new ProblemException(CommonProblem.MALFORMED_JSON), request);
    }
    if (status < 400) {
      return e.getResponse();
    }
    if (status == 405) {
      return Response.fromResponse(
              answer(new ProblemException(CommonProblem.METHOD_NOT_ALLOWED), request))
          .allow(AllowedMethods.of(uri.getRequestUri().getPath()))
          .build();
    }
    return CommonProblem.ofStatus(status)
        .filter(type -> status < 500)
        .map(type -> answer(new ProblemException(type), request))
        .orElseGet(() -> unknown(e, request));
  }

  @ServerExceptionMapper
  public Response database(PgException e, RoutingContext request) {
    var error = DatabaseError.of(e);
    for (DatabaseProblems service : services) {
      Optional<ProblemException> known = service.problem(error);
      if (known.isPresent()) {
        return answer(known.get(), request);
      }
    }
    if (error.unavailable()) {
      return unavailable(e, request);
    }
    if (error.badValue()) {
      var type =
          error.sqlState().equals("23505") ? CommonProblem.CONFLICT : CommonProblem.INVALID_VALUE;
      var document = documents.document(new ProblemException(type), request);
      LOG.warnf(
          "event=unforeseen_bad_value sqlstate=%s constraint=%s path=%s trace_id=%s",
          error.sqlState(), error.constraint(), request.request().path(), document.traceId());
      return answer(document);
    }
    return unknown(e, request);
  }

  @ServerExceptionMapper
  public Response other(Throwable e, RoutingContext request) {
    return Outages.isOutage(e) ? unavailable(e, request) : unknown(e, request);
  }

  private Response unavailable(Throwable e, RoutingContext request) {
    var document =
        documents.document(
            new ProblemException(CommonProblem.DATABASE_UNAVAILABLE).retryAfter(SOON), request);
    // Debug: in an outage every request ends here; health and metrics tell the operator once.
    LOG.debugf(e, "event=database_unavailable trace_id=%s", document.traceId());
    return answer(document);
  }

  private Response unknown(Throwable e, RoutingContext request) {
    var document = documents.document(new ProblemException(CommonProblem.INTERNAL_ERROR), request);
    LOG.errorf(
        e,
        "event=internal_error method=%s path=%s trace_id=%s",
        request.request().method(),
        request.request().path(),
        document.traceId());
    return answer(document);
  }

  private Response answer(ProblemException problem, RoutingContext request) {
    return answer(documents.document(problem, request));
  }

  private static Response answer(ProblemDocuments.Document document) {
    var response = Response.status(document.status()).entity(document.body());
    document.headers().forEach(response::header);
    return response.build();
  }

  /** The converter's message quotes the value, and by the value we find which parameter it was. */
  private static ProblemException badParameter(Throwable cause, UriInfo uri) {
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (t instanceof ProblemException problem) {
        return problem;
      }
    }
    String message = String.valueOf(cause.getMessage());
    var violations = new Violations();
    for (var parameters : List.of(uri.getPathParameters(), uri.getQueryParameters())) {
      parameters.forEach((name, values) -> {
        boolean quoted = values.stream().anyMatch(value -> message.contains(value));
        violations.checkParameter(
            !quoted, CommonProblem.INVALID_PARAMETER, name, "has a value of the wrong type");
      });
    }
    try {
      violations.orThrow();
    } catch (ProblemException found) {
      return found;
    }
    return new ProblemException(
        CommonProblem.INVALID_PARAMETER, "a parameter has a value of the wrong type");
  }
}
