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

  /** How often a stream looks for what is new. */
  @WithDefault("1s")
  Duration poll();

  /** How often a quiet stream shows that it lives. */
  @WithDefault("15s")
  Duration heartbeat();

  /** A reader whose socket takes nothing for this long is cut off. */
  @WithDefault("30s")
  Duration slowAfter();
}
