package dev.quintet.autoscaler.event;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Bounds of the event streams. */
@ConfigMapping(prefix = "quintet.autoscaler.events")
interface EventConfig {
  /** Readers per replica; one more is told to come back. */
  @WithDefault("500")
  int maxStreams();

  /**
   * How long a stream waits to be woken before it looks by itself; not longer than its heartbeat.
   * Notifications are hints, and may be lost with the connection they come over.
   */
  @WithDefault("2s")
  Duration poll();

  /** How often a quiet stream shows that it lives. */
  @WithDefault("15s")
  Duration heartbeat();

  /** A reader whose socket takes nothing for this long is cut off. */
  @WithDefault("30s")
  Duration slowAfter();
}
