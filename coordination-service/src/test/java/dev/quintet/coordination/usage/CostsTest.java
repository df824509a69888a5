package dev.quintet.coordination.usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.api.coordination.AiUsageRecord;
import dev.quintet.coordination.usage.ModelPrices.Price;
import java.math.BigDecimal;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CostsTest {
  private record Listed(BigDecimal inputPerMillion, BigDecimal outputPerMillion) implements Price {}

  private final Costs costs =
      new Costs(
          () -> Map.of("gpt-4o-mini", new Listed(new BigDecimal("0.15"), new BigDecimal("0.60"))));

  private static AiUsageRecord call(
      String model,
      @Nullable Integer in,
      @Nullable Integer out,
      boolean hit,
      @Nullable String cost,
      @Nullable String avoided) {
    return new AiUsageRecord(
        null,
        null,
        null,
        model,
        null,
        null,
        in,
        out,
        null,
        true,
        hit,
        cost == null ? null : new BigDecimal(cost),
        avoided == null ? null : new BigDecimal(avoided),
        null,
        null);
  }

  @Test
  void aMissCostsWhatWasToldElseWhatItsTokensCost() {
    assertThat(costs.of(call("gpt-4o-mini", 1000, 500, false, "0.0123456789", null)))
        .isEqualByComparingTo("0.012346");
    assertThat(costs.of(call("gpt-4o-mini", 1000, 500, false, null, null)))
        .isEqualByComparingTo("0.00045");
    assertThat(costs.of(call("gpt-4o-mini", null, null, false, null, null)))
        .isEqualByComparingTo("0");
    assertThat(costs.of(call("unheard-of", 1000, 500, false, null, null)))
        .isEqualByComparingTo("0");
  }

  @Test
  void aHitCostsNothingAndAvoidsWhatWasTold() {
    assertThat(costs.of(call("gpt-4o-mini", 1000, 500, true, null, null))).isZero();
    assertThat(costs.avoidedAsTold(call("gpt-4o-mini", 1, 1, true, "0", "0.01")))
        .isEqualByComparingTo("0.01");
    assertThat(costs.avoidedAsTold(call("gpt-4o-mini", 1, 1, true, null, null))).isNull();
    assertThat(costs.avoidedAsTold(call("gpt-4o-mini", 1, 1, false, "0.01", null))).isNull();
  }

  @Test
  void largeNumbersOfTokensDoNotOverflow() {
    assertThat(
            costs.priced(
                call("gpt-4o-mini", Integer.MAX_VALUE, Integer.MAX_VALUE, true, null, null)))
        .isEqualByComparingTo("1610.612735");
  }
}
