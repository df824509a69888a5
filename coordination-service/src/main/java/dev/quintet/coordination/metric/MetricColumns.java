package dev.quintet.coordination.metric;

import java.math.BigDecimal;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Metrics that can be stored, column by column, as one statement takes them. */
final class MetricColumns {
  private final List<UUID> ids = new ArrayList<>();
  private final List<String> types = new ArrayList<>();
  private final List<String> names = new ArrayList<>();
  private final List<String> values = new ArrayList<>();
  private final List<String> dimensions = new ArrayList<>();
  private final List<OffsetDateTime> times = new ArrayList<>();

  void add(
      UUID id, String type, String name, BigDecimal value, String dimension, OffsetDateTime at) {
    ids.add(id);
    types.add(type);
    names.add(name);
    values.add(value.toPlainString());
    dimensions.add(dimension);
    times.add(at);
  }

  int size() {
    return ids.size();
  }

  UUID[] ids() {
    return ids.toArray(UUID[]::new);
  }

  String[] types() {
    return types.toArray(String[]::new);
  }

  String[] names() {
    return names.toArray(String[]::new);
  }

  String[] values() {
    return values.toArray(String[]::new);
  }

  String[] dimensions() {
    return dimensions.toArray(String[]::new);
  }

  OffsetDateTime[] times() {
    return times.toArray(OffsetDateTime[]::new);
  }

  /** A time in each month that is met. */
  OffsetDateTime[] months() {
    return times.stream()
        .map(at -> at.toLocalDate().withDayOfMonth(1))
        .distinct()
        .sorted()
        .map(day -> day.atStartOfDay().atOffset(java.time.ZoneOffset.UTC))
        .toArray(OffsetDateTime[]::new);
  }
}
