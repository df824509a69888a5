package dev.quintet.tracker.postgrest;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** Something with rows: the seed's table, or what one of its functions returns. */
record Relation(String name, Map<String, Column> byName) {
  /** The seed's table. */
  static final Relation CLUSTER_MANAGEMENT =
      of(
          "cluster_management",
          new Column("id", "uuid", "public.uuid_generate_v4()"),
          new Column("instance_id", "text", null),
          new Column("cluster_name", "text", null),
          new Column("shard_id", "integer", null),
          new Column("total_shards", "integer", "2"),
          new Column("status", "text", "'active'"),
          new Column("last_heartbeat", "timestamptz", "now()"),
          new Column("created_at", "timestamptz", "now()"),
          new Column("updated_at", "timestamptz", "now()"),
          new Column("hostname", "text", null),
          new Column("pod_ip", "inet", null),
          new Column("node_name", "text", null),
          new Column("namespace", "text", "'discord'"),
          new Column("guild_count", "integer", "0"),
          new Column("latency_ms", "numeric", "0"),
          new Column("memory_usage_mb", "numeric", "0"),
          new Column("cpu_usage_percent", "numeric", "0"),
          new Column("bot_version", "text", null),
          new Column("deployment_version", "text", null));

  static Relation of(String name, Column... columns) {
    var byName = new LinkedHashMap<String, Column>();
    for (Column column : columns) {
      byName.put(column.name(), column);
    }
    return new Relation(name, byName);
  }

  Collection<Column> columns() {
    return byName.values();
  }

  /** For what reads: select, order, a filter. */
  Column column(String wanted) {
    Column column = byName.get(wanted);
    if (column == null) {
      throw Refused.unknownColumn(name, wanted);
    }
    return column;
  }

  /** For the keys of a body, where PostgREST words it differently. */
  Column writable(String wanted) {
    Column column = byName.get(wanted);
    if (column == null) {
      throw Refused.unknownKey(name, wanted);
    }
    return column;
  }
}
