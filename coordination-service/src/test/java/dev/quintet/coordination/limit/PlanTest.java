package dev.quintet.coordination.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.api.coordination.FailMode;
import dev.quintet.common.api.coordination.RateAlgorithm;
import dev.quintet.common.api.coordination.RateWindow;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlanTest {
  @Test
  void aChargedRequestKeepsTheWindowsThatItWasChargedBy() {
    var plan =
        new Plan(
            "by-tier.pro",
            List.of(
                new RateWindow("minute", null, 60, RateAlgorithm.LOG, null, null, null),
                new RateWindow("hour", null, 90_000, RateAlgorithm.BUCKET, null, null, 30),
                new RateWindow("day", null, 1_000, RateAlgorithm.GCRA, 20, true, null),
                new RateWindow("tokens", 90, 7, RateAlgorithm.GCRA, null, null, null),
                new RateWindow("week", null, 8, RateAlgorithm.COUNTER, null, null, null),
                new RateWindow("second", null, 9, RateAlgorithm.FIXED, null, null, null)),
            FailMode.CLOSED,
            false);
    assertThat(Plan.read(plan.text())).isEqualTo(plan);
  }

  @Test
  void automaticIsALogUpToAThousandAndABucketAbove() {
    assertThat(new RateWindow("minute", null, 1_000, null, null, null, null).effective())
        .isEqualTo(RateAlgorithm.LOG);
    assertThat(new RateWindow("minute", null, 1_001, null, null, null, null).effective())
        .isEqualTo(RateAlgorithm.BUCKET);
  }

  @Test
  void headersNameAllWindowsAndTheTightest() {
    var windows =
        List.of(
            new RateWindow("minute", null, 60, null, null, null, null),
            new RateWindow("day", null, 1_000, null, null, null, null));
    assertThat(RateHeaders.policy(windows))
        .isEqualTo("\"minute\";q=60;w=60,\"day\";q=1000;w=86400");
  }
}
