package dev.quintet.autoscaler.testing;

import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.common.testing.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/** A node with a key and pools, made by SQL. */
public record MeasuredNode(int id, String key, List<Pool> pools) {

  /** A pool of the node. */
  public record Pool(int id, String oraclePoolId) {}

  public static MeasuredNode create(Database database, int pools) {
    String name = UUID.randomUUID().toString();
    String key = "ask_" + (name + name).replace("-", "").substring(0, 43);
    int id =
        number(
            database,
            "INSERT INTO autoscaler.nodes (name, region) VALUES (?, 'r') RETURNING id",
            name);
    var unused =
        database.update(
            "INSERT INTO autoscaler.node_api_keys (node_id, key_hash, key_prefix) VALUES (?, ?, ?)",
            id,
            NodeKey.sha256(key),
            key.substring(0, 8));
    var made = new ArrayList<Pool>();
    for (int i = 0; i < pools; i++) {
      String oracle = "ocid1.instancepool.oc1.." + name + "." + i;
      made.add(
          new Pool(
              number(
                  database,
                  "INSERT INTO autoscaler.pools (node_id, oracle_pool_id, name, region) VALUES (?, ?, 'p', 'r') RETURNING id",
                  id,
                  oracle),
              oracle));
    }
    return new MeasuredNode(id, key, made);
  }

  private static int number(Database database, String sql, Object... values) {
    return ((Number) Objects.requireNonNull(database.value(sql, values))).intValue();
  }
}
