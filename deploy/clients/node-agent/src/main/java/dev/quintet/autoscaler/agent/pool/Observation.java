package dev.quintet.autoscaler.agent.pool;

import java.util.Optional;

/**
 * A pool at one moment.
 *
 * @param size instances the pool is meant to have
 * @param ready instances that take work
 * @param settled whether the cloud would accept another size now
 * @param state the cloud's own word for it
 * @param version changes whenever anybody changes the pool
 * @param load empty if the cloud has no recent measurement: unknown is not zero
 */
public record Observation(
    int size, int ready, boolean settled, String state, String version, Optional<Load> load) {

  /** Percentages from 0 to 100, mean and maximum over the instances. */
  public record Load(double cpu, double maxCpu, double memory, double maxMemory) {
    public Load {
      cpu = percent(cpu);
      maxCpu = percent(maxCpu);
      memory = percent(memory);
      maxMemory = percent(maxMemory);
    }

    private static double percent(double value) {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("not a percentage: " + value);
      }
      return Math.clamp(value, 0, 100);
    }
  }
}
