package dev.quintet.tracker.event;

import dev.quintet.common.testing.Database;
import java.util.List;
import java.util.UUID;

/** Bots of one cluster, played by the SQL functions themselves. */
public final class Fleet {
  /** What must never be seen by people. */
  public static final String SECRET = "s3cr3t-s3ss10n";

  private final Database database;
  private final String cluster;

  private Fleet(Database database, String cluster) {
    this.database = database;
    this.cluster = cluster;
  }

  public static Fleet of(Database database, String cluster, int shards) {
    return of(database, cluster, shards, "{}");
  }

  public static Fleet of(Database database, String cluster, int shards, String settings) {
    database.rows(
        "SELECT tracker.create_cluster(?, ?, ?::jsonb, 'ada')", cluster, shards, settings);
    return new Fleet(database, cluster);
  }

  public String cluster() {
    return cluster;
  }

  /** Asks for shards, or a place in the queue. */
  public UUID acquire(String instance, int want) {
    var incarnation = UUID.nameUUIDFromBytes((cluster + "/" + instance).getBytes());
    database.rows(
        """
        SELECT tracker.acquire_shards(?, ?, ?::uuid, NULL, ?, 1, ?, 'serving', true, NULL,
          '{"node_name": "node-1", "zone": "eu-1", "pod_ip": "10.1.2.3", "bot_version": "1.4"}', ?)
        """,
        cluster,
        instance,
        incarnation.toString(),
        want,
        want,
        instance);
    return incarnation;
  }

  /** Gives everything back with resume state, and leaves. */
  public void leave(String instance, UUID incarnation) {
    database.rows(
        "SELECT tracker.release_leases(?, ?, ?::uuid, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', 'sigterm')",
        cluster,
        instance,
        incarnation.toString());
  }

  /** Heartbeats have brought session ids and figures for every held shard. */
  public void reported(int guilds) {
    database.update(
        """
        UPDATE tracker.shard_leases SET session_id = ?, resume_gateway_url = 'wss://' || ?, seq = 7, session_at = now(),
          guild_count = ?, latency_ms = 44.1, state = 'ready'
         WHERE cluster_name = ? AND instance_id IS NOT NULL
        """,
        SECRET,
        SECRET,
        guilds,
        cluster);
  }

  /** Ids of the cluster's events, in order. */
  public List<Long> eventIds() {
    return database
        .rows("SELECT id FROM tracker.shard_events WHERE cluster_name = ? ORDER BY id", cluster)
        .stream()
        .map(row -> (Long) row.get("id"))
        .toList();
  }
}
