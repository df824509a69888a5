package dev.quintet.e2e;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Who says, at one moment of this machine's clock, that it acts on a shard. */
final class ActingLog {
  final List<String> overlaps = Collections.synchronizedList(new ArrayList<>());
  private final Map<Integer, Pod> holders = new ConcurrentHashMap<>();

  void sample(Pod pod) {
    for (int shard : pod.epochs.keySet()) {
      if (pod.acts(shard)) {
        Pod other = holders.put(shard, pod);
        if (other != null && other != pod && other.acts(shard) && pod.acts(shard)) {
          overlaps.add("shard " + shard + ": " + other.id + " and " + pod.id);
        }
      }
    }
  }

  /** A process that ended acts no more, whatever its fields say. */
  void gone(Pod pod) {
    pod.epochs.clear();
    holders.values().removeIf(holder -> holder == pod);
  }
}
