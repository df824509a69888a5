package dev.quintet.tracker;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/**
 * What an operator can set; each has an environment variable of the same name (QUINTET_TRACKER_…).
 */
@ConfigMapping(prefix = "quintet.tracker")
public interface TrackerConfig {

  Heartbeat heartbeat();

  Projection projection();

  /** How often the figures that need a query (leases, queues) are read for /q/metrics. */
  @WithDefault("15s")
  Duration figuresEvery();

  /** How heartbeats are written together. */
  interface Heartbeat {
    /** Statements at a time; what comes meanwhile goes into the next ones. */
    @WithDefault("2")
    int batchesInFlight();

    /** Most heartbeats in one statement. */
    @WithDefault("256")
    int batchSize();
  }

  /** The seed's table, kept current for those who read it. */
  interface Projection {
    /**
     * How old last_heartbeat of the seed's row may get before a heartbeat refreshes it. 0 is exact;
     * large fleets save most of the write load with some seconds.
     */
    @WithDefault("0s")
    Duration minInterval();
  }
}
