package dev.quintet.coordination.job;

import dev.quintet.coordination.job.RunResult.Busy;
import dev.quintet.coordination.job.RunResult.Ran;
import dev.quintet.coordination.job.RunResult.RanUnrecorded;
import dev.quintet.coordination.job.RunResult.Taken;
import dev.quintet.coordination.replica.Replica;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;

/**
 * Runs a job's fire on this replica, if it is this replica's to run: the row that claims it has
 * been written here, and no run of before goes on. The row comes first and is committed, so a fire
 * that was claimed is never run twice, whatever the clocks say; the lock comes second and ends with
 * the replica, so the fire after a crash finds its way free.
 */
@ApplicationScoped
class JobRunner {
  private static final String SKIPPED = "skipped";
  private static final String FAILED = "failed: ";
  private static final int LONGEST_OUTCOME = 500;

  private final JobQueries queries;
  private final String replica;
  private final Duration longest;
  private final MeterRegistry meters;

  @Inject
  JobRunner(JobQueries queries, Replica replica, JobsConfig config, MeterRegistry meters) {
    this(queries, replica.id(), config.longest(), meters);
  }

  JobRunner(JobQueries queries, String replica, Duration longest, MeterRegistry meters) {
    this.queries = queries;
    this.replica = replica;
    this.longest = longest;
    this.meters = meters;
  }

  /**
   * It is due.
   *
   * @param at when a cron expression says it is; a period is told by the database's time
   */
  Uni<RunResult> due(ScheduledJob job, Instant at) {
    return switch (job.schedule()) {
      case Schedule.Cron cron -> recorded(job, queries.claimInstant(job.name(), replica, at));
      case Schedule.Every every when every.recorded() ->
          recorded(job, queries.claimPeriod(job.name(), replica, every.period()));
      case Schedule.Every often -> unrecorded(job);
      case Schedule.Off off -> Uni.createFrom().item(new Taken());
    };
  }

  /** An operator wants it now: on record, whatever its schedule. */
  Uni<RunResult> now(ScheduledJob job) {
    return queries
        .exclusively(
            job.turn(),
            longest,
            () ->
                queries
                    .claimNow(job.name(), replica)
                    .map(Optional::orElseThrow)
                    .chain(
                        fire -> run(job, fire).chain(did -> queries.finish(job.name(), fire, did))))
        .map(run -> run.<RunResult>map(Ran::new).orElseGet(Busy::new));
  }

  private Uni<RunResult> recorded(ScheduledJob job, Uni<Optional<OffsetDateTime>> claim) {
    return claim.chain(fire ->
        fire.map(mine -> claimed(job, mine)).orElseGet(() -> Uni.createFrom().item(new Taken())));
  }

  private Uni<RunResult> claimed(ScheduledJob job, OffsetDateTime fire) {
    return queries
        .exclusively(job.turn(), longest, () -> run(job, fire))
        .chain(did ->
            queries
                .finish(job.name(), fire, did.orElse(SKIPPED))
                .map(run -> did.isPresent() ? new Ran(run) : new Busy()));
  }

  private Uni<String> run(ScheduledJob job, OffsetDateTime fire) {
    return queries.markCrashed(job.name(), fire).chain(() -> attempt(job));
  }

  private Uni<RunResult> unrecorded(ScheduledJob job) {
    return queries
        .exclusively(job.turn(), longest, () -> attempt(job))
        .map(did -> did.<RunResult>map(RanUnrecorded::new).orElseGet(Busy::new));
  }

  /** Never fails: a failure is an outcome, and its cause is in the log. */
  private Uni<String> attempt(ScheduledJob job) {
    return Uni.createFrom()
        .deferred(() -> job.job().run())
        .ifNoItem()
        .after(longest)
        .fail()
        .invoke(did -> job.trouble().worked())
        .onFailure()
        .recoverWithItem(failure -> {
          job.trouble().failed(failure);
          return FAILED + failure.getClass().getSimpleName();
        })
        .map(did -> did.substring(0, Math.min(did.length(), LONGEST_OUTCOME)))
        .invoke(did -> count(job, did.startsWith(FAILED) ? "failed" : "done"));
  }

  private void count(ScheduledJob job, String outcome) {
    meters.counter("coordination.job.runs", "job", job.name(), "outcome", outcome).increment();
  }
}
