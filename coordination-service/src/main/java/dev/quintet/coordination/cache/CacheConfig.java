package dev.quintet.coordination.cache;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Bounds of the caches and of their emptying. */
@ConfigMapping(prefix = "quintet.coordination.cache")
public interface CacheConfig {
  /** How long a fill token is good; who computes for longer is refused. */
  @WithDefault("1h")
  Duration fillWindow();

  /** Values whose hits and misses are counted between two flushes; more are not counted. */
  @WithDefault("100000")
  int mostCounted();

  /** How long a done invalidation is told to readers of the stream who come back. */
  @WithDefault("24h")
  Duration keepInvalidations();

  /** What another tier does to a user's rate windows. */
  @WithDefault("delete")
  RateWindows rateWindows();

  /** Readers of the stream per replica; one more is told to come back. */
  @WithDefault("500")
  int maxStreams();

  /** How often a quiet stream shows that it lives. */
  @WithDefault("15s")
  Duration heartbeat();

  /** A reader whose socket takes nothing for this long is cut off. */
  @WithDefault("30s")
  Duration slowAfter();

  /** Carried over, the new tier's limits count what the old one's let in. */
  enum RateWindows {
    DELETE,
    CARRY
  }
}
