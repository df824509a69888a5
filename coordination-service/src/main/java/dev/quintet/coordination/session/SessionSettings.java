package dev.quintet.coordination.session;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Bounds of sessions. */
@ConfigMapping(prefix = "quintet.coordination.sessions")
interface SessionSettings {
  /** A session that is not touched for this long is over. */
  @WithDefault("24h")
  Duration ttl();

  /** So many may a user have at once. */
  @WithDefault("20")
  int maxPerUser();

  /** What becomes of one more. */
  @WithDefault("evict-oldest")
  Overflow overflow();

  enum Overflow {
    /** The session that was active the longest time ago ends. */
    EVICT_OLDEST,
    /** It is refused. */
    REJECT
  }

  /** How many are moved at once; others get their turn at Redis between. */
  @WithDefault("500")
  int transferAtOnce();
}
