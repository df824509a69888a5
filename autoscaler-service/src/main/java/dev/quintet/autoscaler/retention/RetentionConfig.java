package dev.quintet.autoscaler.retention;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/**
 * How long rows are kept. Raw samples and rollups are beside the metrics' other settings
 * (quintet.autoscaler.metrics.keep, keep-minutes, keep-hours).
 */
@ConfigMapping(prefix = "quintet.autoscaler.retention")
public interface RetentionConfig {
  /** Heartbeats; a partition goes when its newest is older. */
  @WithDefault("7d")
  Duration heartbeats();

  /** Observations of pools. Not below the 24 hours that peaks are told of. */
  @WithDefault("90d")
  Duration poolAnalytics();

  /** The fleet's minutes. */
  @WithDefault("365d")
  Duration systemAnalytics();

  /** Scaling decisions with their explanations. */
  @WithDefault("180d")
  Duration decisions();

  /** Nodes' comings and goings; 30 days at least. */
  @WithDefault("365d")
  Duration lifecycle();

  /** The audit trail; 365 days at least, or the service does not start. */
  @WithDefault("365d")
  Duration audit();

  /** What streams can go back to. */
  @WithDefault("24h")
  Duration events();

  /** Rows deleted in one transaction. */
  @WithDefault("5000")
  int batch();

  /** Ids of one partition, of metrics and of heartbeats alike; for partitions to come. */
  @WithDefault("10000000")
  long partitionSize();

  /** Whole empty partitions kept ready. */
  @WithDefault("2")
  int partitionsAhead();

  /**
   * How long after a partition's last id was given out its times are taken as final. Longer than
   * any statement may take.
   */
  @WithDefault("2m")
  Duration partitionSettle();
}
