package dev.quintet.autoscaler.metric;

import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.problem.ProblemDocuments;
import dev.quintet.common.problem.ProblemException;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.regex.Pattern;

/** Refuses a batch by the length it announces, before any of it is read. */
@ApplicationScoped
class LargeBatches {
  /** Before the limit of all bodies, which would call it something else. */
  private static final int FIRST = 20_000;

  private static final Pattern ADDRESS = Pattern.compile("/api/v1/nodes/[^/]+/metrics/?");

  private final ProblemDocuments problems;
  private final long largest;

  LargeBatches(ProblemDocuments problems, MetricConfig config) {
    this.problems = problems;
    this.largest = config.largestBody().asLongValue();
  }

  void register(@Observes Filters filters) {
    filters.register(this::admit, FIRST);
  }

  private void admit(RoutingContext request) {
    String length = request.request().getHeader(HttpHeaders.CONTENT_LENGTH);
    if (length != null
        && HttpMethod.POST.equals(request.request().method())
        && tooLong(length)
        && ADDRESS.matcher(request.request().path()).matches()) {
      problems.end(
          request,
          new ProblemException(AutoscalerProblem.BATCH_TOO_LARGE, "it is too long")
              .with("limit_bytes", largest));
    } else {
      request.next();
    }
  }

  private boolean tooLong(String length) {
    try {
      return Long.parseLong(length) > largest;
    } catch (NumberFormatException e) {
      return true;
    }
  }
}
