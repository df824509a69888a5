package dev.quintet.coordination.breaker;

import dev.quintet.common.api.coordination.BreakerConfig;
import dev.quintet.common.api.coordination.BreakerConfigRequest;
import dev.quintet.common.api.coordination.ProbeTimeout;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a breaker does where nobody has said otherwise: the figures of the seed's origin for the
 * four services that it knows, and its general ones for all others.
 */
final class BreakerDefaults {
  /**
   * @param failures in the window
   * @param probes that must succeed
   * @param volume that must be there
   */
  private record Known(int failures, int windowS, int resetS, int probes, int volume) {}

  private static final Known GENERAL = new Known(5, 60, 30, 3, 10);
  private static final Map<String, Known> KNOWN =
      Map.of(
          "gemini-2.0-flash", GENERAL,
          "gpt-4o-mini", new Known(3, 120, 60, 2, 5),
          "claude-3.5-sonnet", new Known(3, 90, 45, 2, 5),
          "claude-4-sonnet", new Known(3, 90, 45, 2, 5));

  /** The origin calls what takes longer a failure, so a probe is over by then. */
  private static final long PROBE_TIMEOUT_MS = 30_000;

  private static final int LONGEST_RESETS = 10;

  private BreakerDefaults() {}

  /** What is in force for a service that has been given these settings. */
  static BreakerConfig with(String service, BreakerConfigRequest given) {
    Known known = KNOWN.getOrDefault(service, GENERAL);
    long reset = or(given.resetTimeoutMs(), known.resetS() * 1_000L);
    return new BreakerConfig(
        or(given.failureThreshold(), known.failures()),
        given.failureRateThreshold(),
        given.slowCallMs(),
        given.slowRateThreshold(),
        or(given.monitoringWindowMs(), known.windowS() * 1_000L),
        or(given.volumeThreshold(), known.volume()),
        reset,
        Math.max(reset, or(given.maxResetTimeoutMs(), LONGEST_RESETS * reset)),
        or(given.halfOpenRequests(), known.probes()),
        or(given.probeTimeoutMs(), PROBE_TIMEOUT_MS),
        or(given.probeTimeoutAs(), ProbeTimeout.FAILURE),
        or(given.minReporters(), 1),
        or(given.fallback(), List.<@Nullable String>of()).stream()
            .map(Objects::requireNonNull)
            .toList());
  }

  private static <T> T or(@Nullable T given, T otherwise) {
    return given == null ? otherwise : given;
  }
}
