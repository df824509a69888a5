package dev.quintet.coordination.job;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.stream.Collectors;

/** Deletes the record of old runs, in batches. */
@ApplicationScoped
class ForgetRunsJob implements Job {
  private static final int BATCH = 5_000;
  private static final int MOST_BATCHES = 40;

  private final JobQueries queries;
  private final JobsConfig config;

  ForgetRunsJob(JobQueries queries, JobsConfig config) {
    this.queries = queries;
    this.config = config;
  }

  @Override
  public String name() {
    return "forget-job-runs";
  }

  @Override
  public String schedule() {
    return "17 3 * * *";
  }

  @Override
  public Uni<String> run() {
    return Multi.createBy()
        .repeating()
        .uni(() -> queries.forget(config.keepRuns(), BATCH))
        .whilst(gone -> gone == BATCH)
        .select()
        .first(MOST_BATCHES)
        .collect()
        .with(Collectors.summingInt(Integer::intValue))
        .map(gone -> "deleted=" + gone);
  }
}
