package dev.quintet.coordination.replica;

import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * This process among its kind: the pod's name and the instant it started, so a restart is another.
 */
@ApplicationScoped
public class Replica {
  private final String id;

  Replica(Clock clock, @ConfigProperty(name = "quintet.replica-name") Optional<String> name) {
    id = name.orElse("local") + "-" + Long.toString(clock.millis(), 36);
  }

  /** At most 255 characters, the same for as long as the process lives. */
  public String id() {
    return id;
  }
}
