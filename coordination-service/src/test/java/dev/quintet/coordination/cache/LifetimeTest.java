package dev.quintet.coordination.cache;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LifetimeTest {
  @ParameterizedTest
  @CsvSource({
    "low, 80, 43200, 86400, 129600, 172800",
    "medium, 0, 21600, 43200, 64800, 86400",
    "high, 0, 10800, 21600, 32400, 43200",
    "low, 80.1, 86400, 172800, 259200, 345600",
    "high, 100, 21600, 43200, 64800, 86400"
  })
  void itFollowsComplexityQualityAndTier(
      String complexity, double quality, int free, int basic, int pro, int premium) {
    assertThat(new Lifetime(complexity, quality, 0).byTier())
        .containsExactly(free, basic, pro, premium);
  }

  @Test
  void jitterTakesATenthAtMost() {
    assertThat(new Lifetime("high", 0, 1).byTier()).containsExactly(9720, 19440, 29160, 38880);
    assertThat(new Lifetime("high", 0, 0.5).byTier()).containsExactly(10260, 20520, 30780, 41040);
  }
}
