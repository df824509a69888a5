package dev.quintet.coordination.lock;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Bounds of locks. */
@ConfigMapping(prefix = "quintet.coordination.locks")
interface LockConfig {
  /**
   * A statement that has no answer by then is a 503 store_unavailable; it may be done all the same.
   */
  @WithDefault("1800ms")
  Duration deadline();

  /** Waiters per key; one more is a 429 queue_full. */
  @WithDefault("1000")
  int mostWaiters();

  /** Readers of watch streams per replica; one more is told to come back. */
  @WithDefault("500")
  int maxStreams();

  /** How often a watch looks without having been notified. */
  @WithDefault("1s")
  Duration watchPoll();

  /** How often a quiet watch shows that it lives. */
  @WithDefault("15s")
  Duration heartbeat();

  /** A reader whose socket takes nothing for this long is cut off. */
  @WithDefault("30s")
  Duration slowAfter();
}
