package dev.quintet.autoscaler.seed;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import dev.quintet.common.api.autoscaler.AuditLog;
import dev.quintet.common.api.autoscaler.LifecycleLog;
import dev.quintet.common.api.autoscaler.MetricRow;
import dev.quintet.common.api.autoscaler.Node;
import dev.quintet.common.api.autoscaler.NodeConfiguration;
import dev.quintet.common.api.autoscaler.Pool;
import dev.quintet.common.api.autoscaler.PoolFigures;
import dev.quintet.common.api.autoscaler.Schedule;
import dev.quintet.common.api.autoscaler.StoredHeartbeat;
import dev.quintet.common.api.autoscaler.SystemAnalytics;
import dev.quintet.common.api.autoscaler.User;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Invariant I42: a column of the seed has its name in JSON as well. */
class JsonNamesTest {
  private static final Set<String> NEVER_SHOWN = Set.of("hashed_password", "api_key_hash");

  private static final Map<String, Class<?>> SHOWN_AS =
      Map.ofEntries(
          Map.entry("users", User.class),
          Map.entry("nodes", Node.class),
          Map.entry("pools", Pool.class),
          Map.entry("metrics", MetricRow.class),
          Map.entry("schedules", Schedule.class),
          Map.entry("audit_logs", AuditLog.class),
          Map.entry("node_configurations", NodeConfiguration.class),
          Map.entry("node_heartbeats", StoredHeartbeat.class),
          Map.entry("node_lifecycle_logs", LifecycleLog.class),
          Map.entry("pool_analytics", PoolFigures.class),
          Map.entry("system_analytics", SystemAnalytics.class));

  /** As the service writes it. */
  private final ObjectMapper json =
      new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

  static Stream<String> tables() {
    return SeedConformanceIT.columns().keySet().stream();
  }

  @Test
  void eachTableOfTheSeedIsShown() {
    assertThat(SHOWN_AS).containsOnlyKeys(SeedConformanceIT.columns().keySet());
  }

  @ParameterizedTest
  @MethodSource("tables")
  void eachColumnHasItsNameAndNoSecretIsShown(String table) {
    Class<?> shown = SHOWN_AS.getOrDefault(table, Object.class);
    Set<String> names =
        json
            .getSerializationConfig()
            .introspect(json.constructType(shown))
            .findProperties()
            .stream()
            .map(BeanPropertyDefinition::getName)
            .collect(Collectors.toSet());

    assertThat(names)
        .containsAll(
            SeedConformanceIT.columns().getOrDefault(table, Set.of()).stream()
                .filter(column -> !NEVER_SHOWN.contains(column))
                .toList())
        .doesNotContainAnyElementsOf(NEVER_SHOWN);
  }
}
