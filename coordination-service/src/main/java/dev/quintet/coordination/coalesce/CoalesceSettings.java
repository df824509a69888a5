package dev.quintet.coordination.coalesce;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Bounds of coalescing. */
@ConfigMapping(prefix = "quintet.coordination.coalesce")
interface CoalesceSettings {
  /** So many wait for one promise; whoever comes then computes for itself. */
  @WithDefault("1000")
  int maxPending();

  /** A leader that names no lease gets this one. */
  @WithDefault("10s")
  Duration lease();

  /** A result for which its leader names no time is given for this long to those who come later. */
  @WithDefault("10s")
  Duration resultTtl();

  /** How often a replica looks, once for all who wait on it, whether their promises are over. */
  @WithDefault("25ms")
  Duration poll();

  /** Readers of streams per replica; one more is told to come back. */
  @WithDefault("500")
  int maxStreams();

  /** How often a quiet stream shows that it lives. */
  @WithDefault("15s")
  Duration heartbeat();

  /** A reader whose socket takes nothing for this long is cut off. */
  @WithDefault("30s")
  Duration slowAfter();
}
