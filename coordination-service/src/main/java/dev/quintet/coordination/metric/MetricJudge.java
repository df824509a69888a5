package dev.quintet.coordination.metric;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.MetricInput;
import dev.quintet.common.api.coordination.MetricReceipt.Rejected;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells metrics that can be stored from those that cannot. Ranges are checked here: the column
 * would round 999999.99995 over its edge, and takes NaN, which spoils every average.
 */
final class MetricJudge {
  private static final BigDecimal BEYOND = BigDecimal.valueOf(1_000_000);
  private static final int DECIMALS = 4;
  private static final int LARGEST_DIMENSIONS = 8 * 1024;
  private static final Duration AHEAD = Duration.ofHours(1);
  private static final Set<String> NO_NUMBERS =
      Set.of("NaN", "Infinity", "-Infinity", "+Infinity", "Inf", "-Inf");
  private static final Pattern ID =
      Pattern.compile("[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}");

  private final Instant now;
  private final Instant earliest;
  private final Instant latest;
  private final Supplier<UUID> ids;

  /** {@code ids}: for metrics that come without. */
  MetricJudge(Instant now, int retentionMonths, Supplier<UUID> ids) {
    this.now = now;
    this.earliest = now.atOffset(ZoneOffset.UTC).minusMonths(retentionMonths).toInstant();
    this.latest = now.plus(AHEAD);
    this.ids = ids;
  }

  record Verdict(MetricColumns good, List<Rejected> rejected) {}

  Verdict judge(List<MetricInput> metrics) {
    var good = new MetricColumns();
    var rejected = new ArrayList<Rejected>();
    for (int i = 0; i < metrics.size(); i++) {
      int index = i;
      judge(metrics.get(i), good)
          .ifPresent(problem -> rejected.add(new Rejected(index, problem.code())));
    }
    return new Verdict(good, List.copyOf(rejected));
  }

  private Optional<CoordinationProblem> judge(MetricInput metric, MetricColumns good) {
    String dimensions = dimensions(metric.dimensions());
    JsonNode value = metric.metricValue();
    String id = metric.id();
    if (dimensions == null
        || !isName(metric.metricType(), 100)
        || !isName(metric.metricName(), 200)
        || value == null
        || !(value.isNumber() || (value.isTextual() && NO_NUMBERS.contains(value.textValue())))
        || !(id == null || ID.matcher(id).matches())) {
      return Optional.of(CoordinationProblem.INVALID_METRIC);
    }
    BigDecimal rounded = rounded(value);
    if (rounded == null) {
      return Optional.of(CoordinationProblem.METRIC_VALUE_OUT_OF_RANGE);
    }
    Instant at;
    try {
      String text = metric.timestamp();
      at = text == null ? now : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      return Optional.of(CoordinationProblem.INVALID_METRIC);
    }
    if (at.isBefore(earliest) || at.isAfter(latest)) {
      return Optional.of(CoordinationProblem.TIMESTAMP_OUT_OF_RANGE);
    }
    good.add(
        id == null ? ids.get() : UUID.fromString(id),
        String.valueOf(metric.metricType()),
        String.valueOf(metric.metricName()),
        rounded,
        dimensions,
        // As fine as the database has it: a finer time would be another one when it is sent again.
        at.truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC));
    return Optional.empty();
  }

  /** Null: out of range, before or after it is rounded. */
  private static @Nullable BigDecimal rounded(JsonNode value) {
    if (!value.isNumber() || value.decimalValue().abs().compareTo(BEYOND) >= 0) {
      return null;
    }
    BigDecimal rounded = value.decimalValue().setScale(DECIMALS, RoundingMode.HALF_EVEN);
    return rounded.abs().compareTo(BEYOND) >= 0 ? null : rounded;
  }

  /** Null: not acceptable. */
  private static @Nullable String dimensions(@Nullable JsonNode dimensions) {
    if (dimensions == null || dimensions.isNull()) {
      return "{}";
    }
    String text = dimensions.toString();
    return dimensions.isObject()
            && text.getBytes(StandardCharsets.UTF_8).length <= LARGEST_DIMENSIONS
        ? text
        : null;
  }

  private static boolean isName(@Nullable String text, int longest) {
    return text != null
        && !text.isBlank()
        && text.codePointCount(0, text.length()) <= longest
        && text.chars().noneMatch(Character::isISOControl);
  }
}
