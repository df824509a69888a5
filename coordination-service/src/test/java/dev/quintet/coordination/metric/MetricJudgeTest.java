package dev.quintet.coordination.metric;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.quintet.common.api.coordination.MetricInput;
import dev.quintet.common.api.coordination.MetricReceipt.Rejected;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetricJudgeTest {
  private static final Instant NOW = Instant.parse("2026-08-31T12:00:00Z");
  private static final UUID ID = UUID.fromString("00000000-0000-4000-8000-000000000001");
  private static final JsonNodeFactory JSON = JsonNodeFactory.withExactBigDecimals(true);

  private static MetricInput metric(@Nullable JsonNode value, @Nullable String timestamp) {
    return new MetricInput(null, "api", "latency", value, null, timestamp);
  }

  private static MetricJudge.Verdict judge(MetricInput... metrics) {
    return new MetricJudge(NOW, 6, () -> ID).judge(List.of(metrics));
  }

  private static List<String> codes(MetricInput... metrics) {
    return new ArrayList<>(judge(metrics).rejected().stream().map(Rejected::code).toList());
  }

  @ParameterizedTest
  @CsvSource({
    "1.00005, 1.0000",
    "1.00015, 1.0002",
    "1.00025, 1.0002",
    "-1.00015, -1.0002",
    "999999.99994, 999999.9999",
    "-999999.99994, -999999.9999",
    "0.00000000001, 0.0000",
    "5, 5.0000"
  })
  void valuesAreRoundedHalfEven(BigDecimal sent, String stored) {
    assertThat(judge(metric(JSON.numberNode(sent), null)).good().values()).containsExactly(stored);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1000000", "-1000000", "1e6", "999999.99995", "-999999.99995", "1e300"})
  void whatTheColumnCannotHoldIsOutOfRange(BigDecimal value) {
    assertThat(codes(metric(JSON.numberNode(value), null)))
        .containsExactly("metric_value_out_of_range");
  }

  @ParameterizedTest
  @ValueSource(strings = {"NaN", "Infinity", "-Infinity"})
  void whatIsNoNumberIsOutOfRange(String value) {
    assertThat(codes(metric(JSON.textNode(value), null)))
        .containsExactly("metric_value_out_of_range");
  }

  @ParameterizedTest
  @CsvSource({
    "2026-02-28T12:00:00Z, true",
    "2026-02-28T11:59:59.999Z, false",
    "2026-08-31T13:00:00Z, true",
    "2026-08-31T13:00:00.001Z, false",
    "2026-08-31T14:00:00+02:00, true",
    "+99999-01-01T00:00:00Z, false"
  })
  void timesAreFromRetentionToAnHourAhead(String timestamp, boolean good) {
    var codes = codes(metric(JSON.numberNode(1), timestamp));
    if (good) {
      assertThat(codes).isEmpty();
    } else {
      assertThat(codes).containsExactly("timestamp_out_of_range");
    }
  }

  @Test
  void aTimeIsAsFineAsTheDatabaseHasIt() {
    assertThat(judge(metric(JSON.numberNode(1), "2026-08-31T12:00:00.123456789Z")).good().times())
        .containsExactly(java.time.OffsetDateTime.parse("2026-08-31T12:00:00.123456Z"));
  }

  @Test
  void restIsToldByIndexAndTheGoodOnesGoOn() {
    JsonNode one = JSON.numberNode(1);
    var verdict =
        judge(
            metric(one, null),
            new MetricInput(null, null, "n", one, null, null),
            new MetricInput(null, "t".repeat(101), "n", one, null, null),
            new MetricInput(null, "t", "n".repeat(201), one, null, null),
            new MetricInput(null, "t\n", "n", one, null, null),
            new MetricInput("no-uuid", "t", "n", one, null, null),
            new MetricInput(null, "t", "n", null, null, null),
            new MetricInput(null, "t", "n", JSON.textNode("1"), null, null),
            new MetricInput(null, "t", "n", one, JSON.arrayNode(), null),
            new MetricInput(
                null, "t", "n", one, JSON.objectNode().put("a", "x".repeat(8192)), null),
            new MetricInput(null, "t", "n", one, null, "yesterday"),
            metric(one, null));
    assertThat(verdict.good().size()).isEqualTo(2);
    assertThat(verdict.rejected()).hasSize(10).allMatch(r -> r.code().equals("invalid_metric"));
    assertThat(verdict.rejected().getFirst().index()).isEqualTo(1);
    assertThat(verdict.rejected().getLast().index()).isEqualTo(10);
  }
}
