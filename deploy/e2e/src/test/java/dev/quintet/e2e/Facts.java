package dev.quintet.e2e;

import dev.quintet.common.testing.Database;
import dev.quintet.e2e.fleet.Fleet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the database says about a cluster, for checks that no client could make. */
record Facts(Database database, String cluster) {
  static Facts of(String cluster) {
    return of(Tracker.fleet(), cluster);
  }

  static Facts of(Fleet fleet, String cluster) {
    return new Facts(fleet.database(), cluster);
  }

  long version() {
    return number("SELECT assignment_version FROM tracker.clusters WHERE cluster_name = ?");
  }

  /** Holder and epoch of each shard of the serving generation. */
  Map<Integer, String> placement() {
    var placement = new TreeMap<Integer, String>();
    for (var row :
        database.rows(
            "SELECT shard_id, coalesce(instance_id, '-') || ' ' || epoch AS held FROM tracker.shard_leases JOIN tracker.clusters USING"
                + " (cluster_name, generation) WHERE cluster_name = ?",
            cluster)) {
      placement.put(
          ((Number) Objects.requireNonNull(row.get("shard_id"))).intValue(),
          String.valueOf(row.get("held")));
    }
    return placement;
  }

  List<Long> epochs() {
    return numbers(
        "SELECT epoch FROM tracker.shard_leases JOIN tracker.clusters USING (cluster_name, generation) WHERE cluster_name = ? ORDER BY shard_id");
  }

  /** Per-cluster numbers of the events of a kind. */
  List<Long> events(String kind) {
    return numbers(
        "SELECT cluster_seq FROM tracker.shard_events WHERE cluster_name = ? AND kind = '"
            + kind
            + "' ORDER BY 1");
  }

  long number(String sql) {
    return ((Number) Objects.requireNonNull(database.value(sql, cluster))).longValue();
  }

  List<Long> numbers(String sql) {
    return database.rows(sql, cluster).stream()
        .map(row -> ((Number) first(row)).longValue())
        .toList();
  }

  private static Object first(Map<String, @Nullable Object> row) {
    return Objects.requireNonNull(row.values().iterator().next());
  }
}
