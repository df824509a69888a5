package dev.quintet.autoscaler.agent;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The manager's clock as of its latest answer. The machine's own clock may be wrong by hours. */
final class ServerClock {

  private @Nullable Instant answered;
  private long nanosThen;

  void set(Instant now, long nanos) {
    answered = now;
    nanosThen = nanos;
  }

  /** Empty until the manager has answered once. */
  Optional<Instant> at(long nanos) {
    return answered == null ? Optional.empty() : Optional.of(answered.plusNanos(nanos - nanosThen));
  }
}
