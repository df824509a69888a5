package dev.quintet.tracker.jda;

import java.util.Map;
import java.util.TreeMap;
import net.dv8tion.jda.api.utils.data.DataObject;

/** How far the generation before a reshard has come: the last event by each of its shards. */
record HandledBefore(int totalShards, Map<Integer, Long> lastEventIds) {

  static HandledBefore nothing() {
    return new HandledBefore(1, Map.of());
  }

  /** From the tracker's {@code serve}. */
  static HandledBefore of(DataObject directive) {
    Map<Integer, Long> last = new TreeMap<>();
    directive
        .optObject("last_event_ids")
        .ifPresent(ids ->
            ids.keys().forEach(id -> last.put(Integer.valueOf(id), ids.getUnsignedLong(id))));
    int total = directive.getInt("from_total_shards", 0);
    return total < 1 ? nothing() : new HandledBefore(total, last);
  }

  /** Private messages have no guild and belong to shard 0. */
  int shardOf(long guildId) {
    return (int) ((guildId >>> 22) % totalShards);
  }

  boolean includes(long guildId, long eventId) {
    Long last = lastEventIds.get(shardOf(guildId));
    return last != null && Long.compareUnsigned(eventId, last) <= 0;
  }
}
