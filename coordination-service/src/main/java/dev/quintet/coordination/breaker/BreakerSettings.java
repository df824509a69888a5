package dev.quintet.coordination.breaker;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Bounds of the circuit breakers of one installation. */
@ConfigMapping(prefix = "quintet.coordination.breakers")
interface BreakerSettings {
  /** A service that is asked about for the first time gets a breaker until there are so many. */
  @WithDefault("1000")
  int most();

  /** While Redis is away: how long what PostgreSQL says is believed before it is asked again. */
  @WithDefault("1s")
  Duration lastKnown();

  /** While Redis is away: outcomes that a replica keeps to count them later. */
  @WithDefault("1000")
  int buffered();

  /** A transition that PostgreSQL has not taken down by then stays in Redis' outbox for now. */
  @WithDefault("2s")
  Duration saveWithin();

  /** Readers of the stream per replica; one more is told to come back. */
  @WithDefault("500")
  int maxStreams();

  /** How often a replica looks, once for all its readers, for what is new. */
  @WithDefault("500ms")
  Duration poll();

  /** How often a quiet stream shows that it lives. */
  @WithDefault("15s")
  Duration heartbeat();

  /** A reader whose socket takes nothing for this long is cut off. */
  @WithDefault("30s")
  Duration slowAfter();
}
