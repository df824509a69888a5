package dev.quintet.tracker.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Compares what the tables say with what the event log says happened, and with the invariants. */
public final class Ledger {
  private record Shard(@Nullable Object cluster, @Nullable Object generation, int id) {}

  private static final class State {
    @Nullable String holder;
    long epoch;
  }

  private Ledger() {}

  /** I1, I2, I6, I10 and I13, of every cluster. */
  public static void check(Session superuser) {
    eventsHaveNoGaps(superuser);
    logLeadsToTheLeases(superuser);
    layoutsAreWhole(superuser);
    seedTableIsTheProjection(superuser);
  }

  /** I13: ids and cluster numbers count up by one, and agree on the order. */
  public static void eventsHaveNoGaps(Session superuser) {
    assertThat(
            superuser.lines(
                """
                SELECT 'event ' || id || ' of ' || cluster_name, cluster_seq, wanted FROM (
                  SELECT id, cluster_name, cluster_seq, row_number() OVER (PARTITION BY cluster_name ORDER BY id) AS wanted
                    FROM tracker.shard_events) AS e WHERE cluster_seq <> wanted
                UNION ALL
                SELECT 'counter of ' || c.cluster_name, c.event_seq, (SELECT count(*) FROM tracker.shard_events e WHERE e.cluster_name = c.cluster_name)
                  FROM tracker.clusters c
                 WHERE c.event_seq <> (SELECT count(*) FROM tracker.shard_events e WHERE e.cluster_name = c.cluster_name)
                UNION ALL
                SELECT 'all events', k.last_id, n.ids FROM tracker.event_counter k,
                       (SELECT count(DISTINCT id) AS ids, coalesce(max(id), 0) AS top FROM tracker.shard_events) AS n
                 WHERE k.last_id <> n.ids OR n.top <> n.ids
                """))
        .as("gaps in the event log")
        .isEmpty();
  }

  /**
   * I1, I2 and I13: replaying the log gives one holder at a time, rising epochs, and the leases.
   */
  public static void logLeadsToTheLeases(Session superuser) {
    var shards = new HashMap<Shard, State>();
    for (Map<String, @Nullable Object> event :
        superuser.rows(
            """
            SELECT cluster_name, generation, shard_id, epoch, instance_id, kind, detail ->> 'from' AS was,
                   coalesce((detail ->> 'superseded')::boolean, false) AS superseded
              FROM tracker.shard_events
             WHERE kind IN ('shard.acquired', 'shard.taken_over', 'shard.released', 'shard.revoked') ORDER BY id
            """)) {
      int id = (Integer) Objects.requireNonNull(event.get("shard_id"));
      long epoch = (Long) Objects.requireNonNull(event.get("epoch"));
      String instance = (String) event.get("instance_id");
      State shard =
          shards.computeIfAbsent(
              new Shard(event.get("cluster_name"), event.get("generation"), id), s -> new State());
      switch (String.valueOf(event.get("kind"))) {
        case "shard.acquired" -> {
          assertThat(shard.holder)
              .as("holder before %s", event)
              .isEqualTo(Boolean.TRUE.equals(event.get("superseded")) ? instance : null);
          granted(shard, event, instance, epoch);
        }
        case "shard.taken_over" -> {
          assertThat(shard.holder).as("holder before %s", event).isNotNull();
          if (event.get("was") != null) {
            assertThat(shard.holder).as("holder before %s", event).isEqualTo(event.get("was"));
          }
          granted(shard, event, instance, epoch);
        }
        default -> {
          assertThat(shard.holder).as("holder before %s", event).isEqualTo(instance);
          assertThat(shard.epoch).as("epoch before %s", event).isEqualTo(epoch);
          shard.holder = null;
        }
      }
    }
    for (Map<String, @Nullable Object> lease :
        superuser.rows(
            "SELECT cluster_name, generation, shard_id, instance_id, epoch FROM tracker.shard_leases")) {
      int id = (Integer) Objects.requireNonNull(lease.get("shard_id"));
      long epoch = (Long) Objects.requireNonNull(lease.get("epoch"));
      State shard =
          shards.getOrDefault(
              new Shard(lease.get("cluster_name"), lease.get("generation"), id), new State());
      assertThat(lease.get("instance_id"))
          .as("holder of %s by the log", lease)
          .isEqualTo(shard.holder);
      if (shard.holder == null) {
        assertThat(epoch).as("epoch of %s by the log", lease).isGreaterThanOrEqualTo(shard.epoch);
      } else {
        assertThat(epoch).as("epoch of %s by the log", lease).isEqualTo(shard.epoch);
      }
    }
  }

  private static void granted(
      State shard, Map<String, @Nullable Object> event, @Nullable String instance, long epoch) {
    assertThat(epoch).as("epoch of %s", event).isGreaterThan(shard.epoch);
    shard.holder = instance;
    shard.epoch = epoch;
  }

  /** I6: a generation has the leases 0 to total - 1, and keeps its total. */
  public static void layoutsAreWhole(Session superuser) {
    assertThat(
            superuser.lines(
                """
                SELECT g.cluster_name, g.generation, g.total_shards, count(l.shard_id), max(l.shard_id)
                  FROM tracker.generations g LEFT JOIN tracker.shard_leases l USING (cluster_name, generation)
                 GROUP BY g.cluster_name, g.generation, g.total_shards
                HAVING count(l.shard_id) <> g.total_shards OR max(l.shard_id) <> g.total_shards - 1
                UNION ALL
                SELECT c.cluster_name, c.generation, c.total_shards, g.total_shards, NULL
                  FROM tracker.clusters c JOIN tracker.generations g USING (cluster_name, generation)
                 WHERE c.total_shards <> g.total_shards
                """))
        .as("layouts with other leases than their total says")
        .isEmpty();
  }

  /** I10: one row per instance that holds something, on its lowest shard. */
  public static void seedTableIsTheProjection(Session superuser) {
    assertThat(
            superuser.lines(
                """
                SELECT cluster_name, instance_id, t.shard_id AS row_says, l.shard_id AS lease_says
                  FROM (SELECT m.cluster_name, m.instance_id, m.shard_id FROM tracker.cluster_management m
                          JOIN tracker.clusters c USING (cluster_name)
                         WHERE m.status <> 'inactive' AND m.shard_id < c.total_shards) AS t
                  FULL JOIN (SELECT k.cluster_name, k.instance_id, min(k.shard_id) AS shard_id
                               FROM tracker.clusters c JOIN tracker.shard_leases k USING (cluster_name, generation)
                              WHERE k.instance_id IS NOT NULL GROUP BY 1, 2) AS l USING (cluster_name, instance_id)
                 WHERE t.shard_id IS DISTINCT FROM l.shard_id
                UNION ALL
                SELECT cluster_name, m.instance_id, m.total_shards, c.total_shards
                  FROM tracker.cluster_management m JOIN tracker.clusters c USING (cluster_name)
                  JOIN tracker.shard_leases k USING (cluster_name, generation, shard_id)
                 WHERE k.fenced AND k.instance_id = m.instance_id AND m.total_shards <> c.total_shards
                """))
        .as("rows of the seed's table that the leases do not say")
        .isEmpty();
  }
}
