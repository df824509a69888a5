package dev.quintet.coordination.metric;

import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.health.api.HealthGroup;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** Fewer than two months ahead: the job that makes them has failed for long. A detail. */
@ApplicationScoped
@HealthGroup("dependencies")
public class PartitionHealth implements AsyncHealthCheck {
  private static final String NAME = "metric_partitions";
  private static final int ENOUGH = 2;

  private final MetricQueries queries;
  private final Clock clock;

  PartitionHealth(MetricQueries queries, Clock clock) {
    this.queries = queries;
    this.clock = clock;
  }

  @Override
  public Uni<HealthCheckResponse> call() {
    return queries
        .partitions()
        .ifNoItem()
        .after(Duration.ofSeconds(2))
        .fail()
        .map(months ->
            months.stream().filter(month -> month.from().isAfter(clock.instant())).count())
        .map(ahead ->
            HealthCheckResponse.named(NAME)
                .up()
                .withData("state", ahead >= ENOUGH ? "UP" : "DEGRADED")
                .withData("ahead", ahead)
                .build())
        .onFailure()
        .recoverWithItem(
            () -> HealthCheckResponse.named(NAME).up().withData("state", "UNKNOWN").build());
  }
}
