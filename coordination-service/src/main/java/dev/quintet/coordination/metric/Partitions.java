package dev.quintet.coordination.metric;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/** Months of metrics come in time and go in time. */
@ApplicationScoped
class Partitions {
  private static final Logger LOG = Logger.getLogger(Partitions.class);

  /** In one run; each has its own transaction. */
  private static final int MOST_DROPS = 24;

  private static final int ROLLUP_BATCH = 5_000;
  private static final int MOST_ROLLUP_BATCHES = 100;

  private final MetricQueries queries;
  private final MetricConfig config;

  Partitions(MetricQueries queries, MetricConfig config) {
    this.queries = queries;
    this.config = config;
  }

  /** This month and the next three are there. */
  Uni<Void> makeAhead() {
    return queries.createAhead();
  }

  /** Drops months that are past retention, one at a time, then rollups; returns what went. */
  Uni<Retained> retain() {
    return dropped().chain(months -> rollups().map(rows -> new Retained(months, rows)));
  }

  /** What went. */
  record Retained(int partitions, int rollups) {}

  private Uni<Integer> dropped() {
    return Multi.createBy()
        .repeating()
        .uni(() -> queries.dropOldest(config.retentionMonths()))
        .whilst(Optional::isPresent)
        .select()
        .first(MOST_DROPS)
        .onItem()
        .transformToMultiAndConcatenate(gone -> Multi.createFrom().optional(gone))
        .invoke(name -> LOG.infof("event=metric_partition_dropped partition=%s", name))
        .collect()
        .in(ArrayList<String>::new, ArrayList::add)
        .map(ArrayList::size);
  }

  private Uni<Integer> rollups() {
    return Multi.createBy()
        .repeating()
        .uni(() -> queries.deleteRollups(config.rollupMonths(), ROLLUP_BATCH))
        .whilst(gone -> gone == ROLLUP_BATCH)
        .select()
        .first(MOST_ROLLUP_BATCHES)
        .collect()
        .with(Collectors.summingInt(Integer::intValue));
  }
}
