package dev.quintet.coordination.metric;

import dev.quintet.coordination.job.Job;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.stream.Collectors;

/** Rolls up the minutes that are over and have new rows. */
@ApplicationScoped
class RollupJob implements Job {
  /** In one run; the next goes on. */
  private static final int MOST_STATEMENTS = 500;

  private final MetricQueries queries;
  private final int minutes;

  RollupJob(MetricQueries queries, MetricConfig config) {
    this.queries = queries;
    this.minutes = config.rollMinutes();
  }

  @Override
  public String name() {
    return "rollups";
  }

  @Override
  public String schedule() {
    return "1m";
  }

  @Override
  public Uni<String> run() {
    return Multi.createBy()
        .repeating()
        .uni(() -> queries.roll(minutes))
        .whilst(rolled -> rolled == minutes)
        .select()
        .first(MOST_STATEMENTS)
        .collect()
        .with(Collectors.summingInt(Integer::intValue))
        .map(rolled -> "minutes=" + rolled);
  }
}
