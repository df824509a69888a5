package dev.quintet.autoscaler.evaluation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.quintet.autoscaler.decision.ActivePolicy;
import dev.quintet.autoscaler.decision.DemandHistory;
import dev.quintet.autoscaler.decision.Forecast;
import dev.quintet.autoscaler.decision.LastScale;
import dev.quintet.autoscaler.decision.Pin;
import dev.quintet.autoscaler.decision.Reading;
import dev.quintet.autoscaler.decision.ScalingInput;
import dev.quintet.autoscaler.decision.TargetChange;
import dev.quintet.autoscaler.decision.Wish;
import dev.quintet.autoscaler.evaluation.PoolInput.State;
import dev.quintet.autoscaler.evaluation.PoolInput.WishEnd;
import dev.quintet.autoscaler.schedule.Window;
import dev.quintet.common.api.autoscaler.BehaviorSpec;
import dev.quintet.common.api.autoscaler.PolicySpec;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Turns rows into what the brain takes. */
@ApplicationScoped
class Inputs {
  private final ObjectMapper json;

  Inputs(ObjectMapper json) {
    this.json = json;
  }

  ScalingInput of(PoolInput pool, WhatIf instead) {
    int min = instead.min() == null ? pool.minInstances() : instead.min();
    int max = instead.max() == null ? pool.maxInstances() : instead.max();
    List<WishEnd> wishes = wishes(pool);
    var pin = pool.override();
    return new ScalingInput(
        pool.poolId(),
        pool.at(),
        pool.controlMode(),
        pool.nodeOffline(),
        min,
        max,
        pool.current(),
        Math.min(pool.active(), pool.current()),
        0,
        pool.standing(),
        pool.generation(),
        policies(pool, instead),
        behavior(pool.behavior()),
        wished(wishes, WishEnd::raw),
        wished(wishes, WishEnd::shadowRaw),
        pool.scalings().stream()
            .map(change -> new TargetChange(change.at(), change.from(), change.to()))
            .toList(),
        lastScale(pool.state()),
        pool.schedules().stream().map(Inputs::window).toList(),
        pin == null ? null : new Pin(pin.target(), pin.reason(), pin.expiresAt()));
  }

  /** The last run of equal wishes has no end on record yet: it lasted to the last observation. */
  static @Nullable WishEnd openEnd(PoolInput pool) {
    State state = pool.state();
    if (state == null || state.lastRaw() == null || pool.lastWishedAt() == null) {
      return null;
    }
    int shadow = state.lastShadowRaw() == null ? state.lastRaw() : state.lastShadowRaw();
    var end = new WishEnd(pool.lastWishedAt(), state.lastRaw(), shadow);
    // A run that began behind that observation was not wished then.
    return pool.wishes().isEmpty() || pool.wishes().getLast().at().isBefore(end.at()) ? end : null;
  }

  private static List<WishEnd> wishes(PoolInput pool) {
    WishEnd end = openEnd(pool);
    if (end == null) {
      return pool.wishes();
    }
    var all = new ArrayList<>(pool.wishes());
    all.add(end);
    return all;
  }

  private static List<Wish> wished(List<WishEnd> wishes, ToIntFunction<WishEnd> which) {
    return wishes.stream().map(w -> new Wish(w.at(), which.applyAsInt(w))).toList();
  }

  private List<ActivePolicy> policies(PoolInput pool, WhatIf instead) {
    return instead.policies() == null
        ? pool.policies().stream()
            .map(p -> policy(p.name(), spec(p), p.dryRun(), pool, instead))
            .toList()
        : instead.policies().stream()
            .map(p ->
                policy(
                    String.valueOf(p.name()),
                    p.spec(),
                    Boolean.TRUE.equals(p.dryRun()),
                    pool,
                    instead))
            .toList();
  }

  private static ActivePolicy policy(
      String name, PolicySpec spec, boolean dryRun, PoolInput pool, WhatIf instead) {
    var readings = new ArrayList<Reading>();
    for (String metric : spec.metrics()) {
      BigDecimal assumed = instead.metrics().get(metric);
      if (assumed != null) {
        readings.add(Readings.assumed(spec, metric, assumed, pool.at()));
      }
    }
    for (Reading reading : Readings.of(spec, pool)) {
      if (!instead.metrics().containsKey(reading.metric())) {
        readings.add(reading);
      }
    }
    return new ActivePolicy(name, spec, dryRun, readings, forecast(spec, pool));
  }

  private static @Nullable Forecast forecast(PolicySpec spec, PoolInput pool) {
    if (!(spec instanceof PolicySpec.Seasonal seasonal) || pool.history() == null) {
      return null;
    }
    // Only what every observation brings has the count of instances beside it.
    boolean cpu = seasonal.metric().equals(Readings.CPU);
    if (!cpu && !seasonal.metric().equals(Readings.MEMORY)) {
      return null;
    }
    var demand = new DemandHistory();
    pool.history()
        .forEach(past ->
            demand.add(
                past.at(),
                (cpu ? past.cpu() : past.memory()).multiply(BigDecimal.valueOf(past.current()))));
    return demand.forecast(seasonal, pool.at()).orElse(null);
  }

  private PolicySpec spec(PoolInput.Policy policy) {
    ObjectNode spec = policy.spec().deepCopy();
    spec.put("type", policy.type());
    return read(spec, PolicySpec.class);
  }

  private BehaviorSpec behavior(@Nullable JsonNode spec) {
    return spec == null || spec.isNull() ? BehaviorSpec.DEFAULT : read(spec, BehaviorSpec.class);
  }

  private <T> T read(JsonNode spec, Class<T> type) {
    try {
      return json.treeToValue(spec, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a stored " + type.getSimpleName() + " cannot be read", e);
    }
  }

  private static @Nullable LastScale lastScale(@Nullable State state) {
    return state == null || state.lastScaleAt() == null
        ? null
        : new LastScale(state.lastScaleAt(), state.reachedAt());
  }

  private static Window window(PoolInput.Schedule schedule) {
    return Window.of(
        schedule.id(),
        schedule.name(),
        schedule.poolId() != null,
        schedule.startTime(),
        schedule.endTime(),
        schedule.timezone(),
        schedule.daysOfWeek(),
        schedule.validFrom(),
        schedule.validUntil(),
        schedule.mode(),
        schedule.priority(),
        schedule.targetInstances());
  }
}
