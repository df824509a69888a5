package dev.quintet.autoscaler.analytics;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** What counts as fresh. */
@ConfigMapping(prefix = "quintet.autoscaler.analytics")
public interface AnalyticsConfig {
  /** How long an observation of a pool counts if no newer one comes. */
  @WithDefault("10m")
  Duration fresh();

  /** A node with no heartbeat for this long (or three of its intervals) is not active. */
  @WithDefault("${quintet.autoscaler.offline-after:300s}")
  Duration offlineAfter();

  /** How long after a minute its row is written, so that heartbeats under way are in it. */
  @WithDefault("5s")
  Duration settle();

  /** Rows come every minute; when the newest is older than this, it is called stale. */
  @WithDefault("3m")
  Duration staleAfter();
}
