package dev.quintet.autoscaler.agent;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One pool of a node configuration.
 *
 * @param limits {@code scaling_limits}, if it names any
 */
record PoolSpec(String id, String name, Optional<Limits> limits) {

  /** Reads {@code pools[]} of a node configuration, the manager's or the agent's own. */
  static List<PoolSpec> of(YamlText configuration) {
    Map<String, PoolSpec> pools = new LinkedHashMap<>();
    for (YamlText pool : configuration.maps("pools")) {
      String id = pool.required("instance_pool_id");
      var spec = new PoolSpec(id, pool.text("name").orElse(id), limits(pool, "scaling_limits"));
      if (pools.put(id, spec) != null) {
        throw pool.wrong("instance_pool_id", "stands twice: " + id);
      }
    }
    return List.copyOf(pools.values());
  }

  static Optional<Limits> limits(YamlText owner, String key) {
    if (!owner.has(key)) {
      return Optional.empty();
    }
    YamlText limits = owner.map(key);
    int min = limits.whole("min", 0, Limits.MOST).orElse(0);
    int max = limits.whole("max", 0, Limits.MOST).orElse(Limits.MOST);
    if (min > max) {
      throw limits.wrong("min", "is more than max");
    }
    return Optional.of(new Limits(min, max));
  }
}
