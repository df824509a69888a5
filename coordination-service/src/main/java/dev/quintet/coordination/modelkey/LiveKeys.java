package dev.quintet.coordination.modelkey;

import java.util.List;
import java.util.Optional;

/**
 * What of a model can be leased, as PostgreSQL has it.
 *
 * @param keys the best of each slot
 * @param usageCount leases so far
 * @param lastRotatedMs ms since 1970 when the primary was set
 */
record LiveKeys(List<Sealed> keys, long usageCount, long lastRotatedMs) {
  LiveKeys {
    keys = List.copyOf(keys);
  }

  Optional<Sealed> slot(String name) {
    return keys.stream().filter(key -> key.slot().equals(name)).findFirst();
  }
}
