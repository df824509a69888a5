package dev.quintet.coordination.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.api.coordination.BreakerConfigRequest;
import dev.quintet.common.api.coordination.ProbeTimeout;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BreakerDefaultsTest {
  @ParameterizedTest
  @CsvSource({
    "gemini-2.0-flash,5,60000,30000,3,10",
    "gpt-4o-mini,3,120000,60000,2,5",
    "claude-3.5-sonnet,3,90000,45000,2,5",
    "claude-4-sonnet,3,90000,45000,2,5",
    "anything-else,5,60000,30000,3,10"
  })
  void eachServiceHasItsFigures(
      String service, int failures, long windowMs, long resetMs, int probes, int volume) {
    var config = BreakerDefaults.with(service, BreakerConfigRequest.NOTHING);
    assertThat(config.failureThreshold()).isEqualTo(failures);
    assertThat(config.monitoringWindowMs()).isEqualTo(windowMs);
    assertThat(config.resetTimeoutMs()).isEqualTo(resetMs);
    assertThat(config.maxResetTimeoutMs()).isEqualTo(10 * resetMs);
    assertThat(config.halfOpenRequests()).isEqualTo(probes);
    assertThat(config.volumeThreshold()).isEqualTo(volume);
    assertThat(config.minReporters()).isEqualTo(1);
    assertThat(config.probeTimeoutAs()).isEqualTo(ProbeTimeout.FAILURE);
    assertThat(config.fallback()).isEmpty();
  }

  @Test
  void theLongestResetIsNeverShorterThanTheReset() {
    assertThat(BreakerDefaults.with("a", resets(50_000L, null)).maxResetTimeoutMs())
        .isEqualTo(500_000);
    // Less than the default reset, which is all that the request could not know.
    assertThat(BreakerDefaults.with("a", resets(null, 1_000L)).maxResetTimeoutMs())
        .isEqualTo(30_000);
  }

  private static BreakerConfigRequest resets(@Nullable Long reset, @Nullable Long most) {
    return new BreakerConfigRequest(
        null, null, null, null, null, null, reset, most, null, null, null, null, null);
  }
}
