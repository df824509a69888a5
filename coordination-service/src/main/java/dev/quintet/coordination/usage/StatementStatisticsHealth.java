package dev.quintet.coordination.usage;

import dev.quintet.common.sql.DatabaseError;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.health.api.HealthGroup;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.jspecify.annotations.Nullable;

/** Without pg_stat_statements only the report of slow queries is missing: a detail. */
@ApplicationScoped
@HealthGroup("dependencies")
public class StatementStatisticsHealth implements AsyncHealthCheck {
  private static final int NOTHING_IS_SO_SLOW_MS = 3_600_000;

  private final UsageQueries queries;

  StatementStatisticsHealth(UsageQueries queries) {
    this.queries = queries;
  }

  @Override
  public Uni<HealthCheckResponse> call() {
    return queries
        .slowQueries(NOTHING_IS_SO_SLOW_MS)
        .ifNoItem()
        .after(Duration.ofSeconds(2))
        .fail()
        .map(found -> health("UP"))
        .onFailure()
        .recoverWithItem(failure -> health(reason(failure)));
  }

  private static String reason(Throwable failure) {
    @Nullable String problem =
        DatabaseError.in(failure).map(DatabaseError::constraint).orElse(null);
    return problem == null ? "UNKNOWN" : problem;
  }

  private static HealthCheckResponse health(String state) {
    return HealthCheckResponse.named("pg_stat_statements").up().withData("state", state).build();
  }
}
