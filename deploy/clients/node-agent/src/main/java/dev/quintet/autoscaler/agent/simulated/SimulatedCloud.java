package dev.quintet.autoscaler.agent.simulated;

import dev.quintet.autoscaler.agent.YamlText;
import dev.quintet.autoscaler.agent.pool.InstancePool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Simulated pools as the section {@code simulation} of the agent's file describes them. */
public final class SimulatedCloud {

  private SimulatedCloud() {}

  /**
   * @param yaml what holds for every pool, and {@code pools[]} with what differs for one
   * @param traces where relative paths of traces begin
   * @param stateDir where the pools live
   */
  public static Function<String, InstancePool> of(
      YamlText yaml, Path traces, Path stateDir, Clock clock) {
    // All of it is read now: a mistake shall end the start, not a later hour.
    List<String> described =
        yaml.maps("pools").stream().map(pool -> pool.required("instance_pool_id")).toList();
    described.forEach(id -> check(settings(yaml, id), traces));
    check(yaml, traces);
    return id -> pool(settings(yaml, id), traces, stateDir, clock, id);
  }

  private static void check(YamlText settings, Path traces) {
    var unused = demand(settings, traces);
    var alsoUnused = failures(settings);
  }

  private static YamlText settings(YamlText yaml, String id) {
    return yaml.maps("pools").stream()
        .filter(pool -> pool.required("instance_pool_id").equals(id))
        .findFirst()
        .map(pool -> pool.over(yaml))
        .orElse(yaml);
  }

  private static InstancePool pool(
      YamlText settings, Path traces, Path stateDir, Clock clock, String id) {
    return new SimulatedPool(
        stateDir.resolve("simulated-" + id.replaceAll("[^A-Za-z0-9.-]", "_") + ".json"),
        clock,
        settings.number("speed").orElse(60.0),
        settings.number("start_delay_seconds").orElse(90.0),
        settings.whole("initial_instances", 0, 1000).orElse(2),
        demand(settings, traces),
        failures(settings));
  }

  private static Demand demand(YamlText settings, Path traces) {
    double repeat = settings.number("repeat_minutes").orElse(0.0);
    String file = settings.text("trace").orElse("");
    if (file.isEmpty()) {
      return Demand.day(settings.number("peak").orElse(600.0));
    }
    try {
      return Demand.trace(Files.readAllLines(traces.resolve(file)), repeat);
    } catch (IOException | IllegalArgumentException e) {
      throw settings.wrong("trace", file + ": " + e.getMessage());
    }
  }

  private static List<Failure> failures(YamlText settings) {
    return settings.maps("failures").stream()
        .map(one -> {
          double from = one.number("from_minute").orElse(0.0);
          double minutes = one.number("minutes").orElse(1.0);
          try {
            var kind = Failure.Kind.valueOf(one.required("kind").toUpperCase(Locale.ROOT));
            return new Failure(from, from + minutes, kind);
          } catch (IllegalArgumentException e) {
            throw one.wrong("kind", "must be unseen, no_load, busy, throttled or refused");
          }
        })
        .toList();
  }
}
