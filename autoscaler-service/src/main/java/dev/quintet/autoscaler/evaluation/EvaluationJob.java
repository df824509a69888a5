package dev.quintet.autoscaler.evaluation;

import dev.quintet.autoscaler.AutoscalerConfig;
import dev.quintet.common.job.Trouble;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Decides about pools that no heartbeat brings up, so that schedules begin and end on time,
 * overrides expire, and silence is noticed. One replica takes each tick; should two evaluate at
 * once all the same, storing is compare-and-set and one of them stores nothing.
 */
@ApplicationScoped
class EvaluationJob {
  private static final Logger LOG = Logger.getLogger(EvaluationJob.class);
  private static final String JOB = "evaluate-pools";

  private final EvaluationQueries queries;
  private final Evaluations evaluations;
  private final Duration every;
  private final int atATime;
  private final Trouble trouble = new Trouble(LOG, JOB);

  EvaluationJob(EvaluationQueries queries, Evaluations evaluations, AutoscalerConfig config) {
    this.queries = queries;
    this.evaluations = evaluations;
    this.every = config.evaluateEvery();
    this.atATime = config.evaluateAtATime();
  }

  @Scheduled(
      every = "{quintet.autoscaler.evaluate-every:15s}",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = JOB)
  Uni<Void> run() {
    return queries
        .claim(JOB, every)
        .chain(mine -> mine ? evaluate(0) : Uni.createFrom().voidItem())
        .invoke(trouble::worked)
        .onFailure()
        .recoverWithItem(failure -> {
          trouble.failed(failure);
          return null;
        });
  }

  /** All pools behind this one, in the order of their ids. */
  Uni<Void> evaluate(int behind) {
    return queries.next(behind, atATime).chain(this::evaluate);
  }

  private Uni<Void> evaluate(List<PoolInput> pools) {
    if (pools.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    return evaluations
        .ofFleet(pools)
        .chain(() ->
            pools.size() < atATime
                ? Uni.createFrom().voidItem()
                : evaluate(pools.getLast().poolId()));
  }
}
