package dev.quintet.autoscaler.metric;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Bounds of what nodes send and of what is read. */
@ConfigMapping(prefix = "quintet.autoscaler.metrics")
public interface MetricConfig {
  /** Samples of one batch. */
  @WithDefault("5000")
  int mostSamples();

  /** The body as it comes over the wire. Not above quintet.http.largest-body. */
  @WithDefault("1M")
  MemorySize largestBody();

  /** A gzip body, unpacked. */
  @WithDefault("8M")
  MemorySize largestUnpacked();

  /**
   * Bodies above this, and all that are packed, are read on a worker thread: reading 64 KiB takes
   * well under a millisecond.
   */
  @WithDefault("64K")
  MemorySize inlineBody();

  /** How far ahead of the database's clock a node's may be. */
  @WithDefault("5m")
  Duration ahead();

  /**
   * How long raw samples are kept, and so how old a sample may be. Retention keeps them an hour
   * longer.
   */
  @WithDefault("14d")
  Duration keep();

  /** How long the rollup by minutes is kept. */
  @WithDefault("90d")
  Duration keepMinutes();

  /** How long the rollup by hours is kept. */
  @WithDefault("730d")
  Duration keepHours();

  /** How often new samples are rolled up. Queries are exact in between, too. */
  @WithDefault("15s")
  Duration rollEvery();

  /** Batches rolled up in one transaction. */
  @WithDefault("50")
  int rollBatches();
}
