package dev.quintet.autoscaler.retention;

import dev.quintet.autoscaler.metric.MetricConfig;
import dev.quintet.autoscaler.retention.RetentionQueries.Rows;
import dev.quintet.common.job.Trouble;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Deletes what is past its retention: every few minutes, table by table, in batches, so that no
 * transaction is long and a backlog is worked off over several runs.
 */
@ApplicationScoped
class RetentionJob {
  private static final Logger LOG = Logger.getLogger(RetentionJob.class);

  /** The shortest time for which anything is owed an explanation. */
  private static final Duration SHORTEST_AUDIT = Duration.ofDays(365);

  private static final Duration SHORTEST_LIFECYCLE = Duration.ofDays(30);
  private static final Duration A_DAY = Duration.ofDays(1);

  /** Of one table in one run. */
  private static final int MOST_BATCHES = 40;

  private final RetentionQueries queries;
  private final int batch;
  private final List<Rule> rules;

  /** How long the rows of a table are kept. */
  private record Rule(Rows rows, Duration keep, Trouble trouble) {}

  RetentionJob(RetentionQueries queries, RetentionConfig config, MetricConfig metrics) {
    this.queries = queries;
    this.batch = config.batch();
    this.rules =
        List.of(
            keep(Rows.POOL_ANALYTICS, config.poolAnalytics(), A_DAY.multipliedBy(2)),
            keep(Rows.SYSTEM_ANALYTICS, config.systemAnalytics(), A_DAY.multipliedBy(2)),
            keep(Rows.DECISIONS, config.decisions(), A_DAY),
            keep(Rows.EVENTS, config.events(), Duration.ofHours(1)),
            keep(Rows.ROLLUP_MINUTES, metrics.keepMinutes(), metrics.keep()),
            keep(Rows.ROLLUP_HOURS, metrics.keepHours(), metrics.keepMinutes()),
            keep(Rows.SERIES, metrics.keepHours(), metrics.keepMinutes()),
            keep(Rows.BATCHES, metrics.keep(), A_DAY),
            keep(Rows.TICKS, A_DAY.multipliedBy(2), A_DAY),
            keep(Rows.REVOKED_TOKENS, Duration.ZERO, Duration.ZERO),
            keep(Rows.LOGIN_THROTTLE, A_DAY, A_DAY),
            keep(Rows.LIFECYCLE, config.lifecycle(), SHORTEST_LIFECYCLE),
            keep(Rows.AUDIT, config.audit(), SHORTEST_AUDIT));
  }

  private static Rule keep(Rows rows, Duration time, Duration shortest) {
    if (time.compareTo(shortest) < 0) {
      throw new IllegalStateException(
          rows + " must be kept for " + shortest + " at least, not " + time);
    }
    return new Rule(rows, time, new Trouble(LOG, "retain-" + rows));
  }

  @Scheduled(
      every = "5m",
      delayed = "30s",
      concurrentExecution = ConcurrentExecution.SKIP,
      identity = "autoscaler-retention")
  Uni<Void> run() {
    return Multi.createFrom()
        .iterable(rules)
        .onItem()
        .transformToUniAndConcatenate(this::retain)
        .collect()
        .last()
        .replaceWithVoid();
  }

  /** A table in trouble must not keep the others from their turn. */
  private Uni<Integer> retain(Rule rule) {
    return Multi.createBy()
        .repeating()
        .uni(() -> queries.delete(rule.rows(), rule.keep(), batch))
        .whilst(gone -> gone >= batch)
        .select()
        .first(MOST_BATCHES)
        .collect()
        .with(Collectors.summingInt(Integer::intValue))
        .invoke(gone -> tell(rule, gone))
        .onFailure()
        .recoverWithItem(failure -> {
          rule.trouble().failed(failure);
          return 0;
        });
  }

  private static void tell(Rule rule, int gone) {
    rule.trouble().worked();
    if (gone > 0) {
      LOG.infof("event=rows_retired table=%s count=%d", rule.rows(), gone);
    }
  }
}
