package dev.quintet.common.time;

import io.quarkus.arc.DefaultBean;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;

/**
 * This machine's clock. Decisions never use it, only the database's counts for them; it tells when
 * a token runs out, as the issuer's instants have to be compared with something.
 */
class SystemClock {
  @Produces
  @Singleton
  @DefaultBean
  Clock clock() {
    return Clock.systemUTC();
  }
}
