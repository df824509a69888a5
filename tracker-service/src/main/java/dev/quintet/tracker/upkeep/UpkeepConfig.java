package dev.quintet.tracker.upkeep;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How often the replicas look after the clusters; each run is done by one of them. */
@ConfigMapping(prefix = "quintet.tracker.upkeep")
interface UpkeepConfig {
  /** How long a free shard and a waiting pod may miss each other at most, roughly. */
  @WithDefault("500ms")
  Duration tick();

  /** Clusters looked after at a time. */
  @WithDefault("4")
  int clustersAtATime();

  /** The seed's cleanup. */
  @WithDefault("5m")
  Duration cleanup();

  /** How old the last heartbeat of a row is before the cleanup removes it. */
  @WithDefault("10m")
  Duration cleanupThreshold();

  /** How long events are kept. */
  @WithDefault("90d")
  Duration eventRetention();

  /**
   * How long an instance that is gone is remembered. A process that is heard of later than this is
   * unknown, not deposed.
   */
  @WithDefault("7d")
  Duration instanceRetention();
}
