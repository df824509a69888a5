package dev.quintet.autoscaler;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/**
 * What an operator can set; each has an environment variable of the same name
 * (QUINTET_AUTOSCALER_…).
 */
@ConfigMapping(prefix = "quintet.autoscaler")
public interface AutoscalerConfig {
  /**
   * A node that is silent for this long is OFFLINE; never less than three of its own intervals,
   * however short this is.
   */
  @WithDefault("300s")
  Duration offlineAfter();

  /** How often silent nodes are looked for. */
  @WithDefault("15s")
  Duration sweepEvery();

  /**
   * How often pools are decided about that no heartbeat brings up: edges of schedules, readings
   * that grow stale, overrides that expire, nodes that went offline.
   */
  @WithDefault("15s")
  Duration evaluateEvery();

  /**
   * Pools that are decided about in one transaction; a larger number holds its locks for longer.
   */
  @WithDefault("500")
  int evaluateAtATime();

  /** A NO_ACTION decision that only repeats the one before it is stored this often. */
  @WithDefault("10m")
  Duration repeatEvery();

  /** How often back-tests that wait are looked for. */
  @WithDefault("1s")
  Duration backtestPoll();

  /** The most instances that the limits of a pool may allow. */
  @WithDefault("1000")
  int largestPool();

  Audit audit();

  /** How the audit trail is kept. */
  interface Audit {
    /** How often new rows are sealed, as the scheduler reads it: 1m, or off. */
    @WithDefault("1m")
    String sealEvery();
  }
}
