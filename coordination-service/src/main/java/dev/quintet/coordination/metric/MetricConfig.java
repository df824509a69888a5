package dev.quintet.coordination.metric;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What is taken in, and how long it is kept. */
@ConfigMapping(prefix = "quintet.coordination.metrics")
public interface MetricConfig {
  /** Metrics in one request. */
  @WithDefault("5000")
  int largestBatch();

  /** Months for which rows are kept, and taken in. */
  @WithDefault("6")
  int retentionMonths();

  /** Months for which rollups are kept. */
  @WithDefault("24")
  int rollupMonths();

  /** Percentiles of more rows than this come from rollups. */
  @WithDefault("200000")
  int exactRows();

  /**
   * Minutes rolled up in one statement, which has 10 s: at 5,000 rows a second a minute takes about
   * 3 s.
   */
  @WithDefault("2")
  int rollMinutes();
}
