package dev.quintet.autoscaler.agent;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What goes between agent and manager. Names are the manager's in snake case; answers may have more
 * fields than are read here, requests never have more than the manager knows.
 */
final class Wire {

  static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private Wire() {}

  record Registration(String name, String region, String description) {}

  /** {@code apiKey} is null when an earlier answer to the same request has shown it. */
  record Registered(int nodeId, @Nullable String apiKey) {}

  record Heartbeat(
      String status,
      @Nullable String configHash,
      @Nullable String errorMessage,
      Map<String, Object> metricsData,
      List<PoolReport> poolAnalytics,
      List<Applied> applied) {}

  record PoolReport(
      String oraclePoolId,
      int currentInstances,
      int activeInstances,
      double avgCpuUtilization,
      double avgMemoryUtilization,
      double maxCpuUtilization,
      double maxMemoryUtilization,
      String poolStatus,
      boolean isActive) {}

  /** A target's outcome. A failed one may be followed by a success of the same generation. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Applied(int poolId, long generation, boolean ok, @Nullable String error) {}

  record HeartbeatReply(
      String serverTime,
      boolean configUpdateNeeded,
      @Nullable List<Target> targets,
      @Nullable List<ItemError> itemErrors,
      int nextHeartbeatSeconds,
      @Nullable String keyExpiresAt) {

    HeartbeatReply {
      var unused = Instant.parse(serverTime);
      targets = targets == null ? List.of() : List.copyOf(targets);
      itemErrors = itemErrors == null ? List.of() : List.copyOf(itemErrors);
    }

    Instant at() {
      return Instant.parse(serverTime);
    }

    @Override
    public List<Target> targets() {
      return Objects.requireNonNull(targets);
    }

    @Override
    public List<ItemError> itemErrors() {
      return Objects.requireNonNull(itemErrors);
    }
  }

  record Target(
      int poolId,
      String oraclePoolId,
      int targetInstances,
      long generation,
      @Nullable String event,
      @Nullable String reason,
      String mode,
      @Nullable String expiresAt) {

    Target {
      Objects.requireNonNull(oraclePoolId);
      Objects.requireNonNull(mode);
      if (targetInstances < 0) {
        throw new IllegalArgumentException("a negative target");
      }
      if (expiresAt != null) {
        var unused = Instant.parse(expiresAt);
      }
    }

    /** How long the target is good from {@code now}; one that names no end is good for nothing. */
    Duration goodFor(Instant now) {
      return expiresAt == null ? Duration.ZERO : Duration.between(now, Instant.parse(expiresAt));
    }
  }

  record ItemError(@Nullable String oraclePoolId, @Nullable String code, @Nullable String detail) {}

  record Configuration(String yamlConfig, String configHash) {
    Configuration {
      Objects.requireNonNull(yamlConfig);
      Objects.requireNonNull(configHash);
    }
  }

  record Sample(
      String oraclePoolId, String metricType, double value, String unit, String timestamp) {}

  record Batch(String batchId, List<Sample> samples) {}

  record BatchReply(int accepted, int rejected, boolean duplicate) {}

  record Problem(@Nullable String code, @Nullable String detail, @Nullable String title) {}

  static String write(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a value of our own cannot be written", e);
    }
  }
}
