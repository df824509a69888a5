package dev.quintet.autoscaler.testing;

import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.common.testing.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** A node with a key and pools, made by SQL, for tests of what it sends. */
public record MeasuredNode(int id, String key, List<Pool> pools) {

  /** A pool of the node. */
  public record Pool(int id, String oraclePoolId) {}

  public static MeasuredNode create(Database database, int pools) {
    int id = Rows.node(database);
    String random = UUID.randomUUID().toString() + UUID.randomUUID();
    String key = "ask_" + random.replace("-", "").substring(0, 43);
    var unused =
        database.update(
            "INSERT INTO autoscaler.node_api_keys (node_id, key_hash, key_prefix) VALUES (?, ?, ?)",
            id,
            NodeKey.sha256(key),
            key.substring(0, 8));
    var made = new ArrayList<Pool>();
    for (int i = 0; i < pools; i++) {
      int pool = Rows.pool(database, id, 1, 10);
      made.add(
          new Pool(
              pool,
              String.valueOf(
                  database.value(
                      "SELECT oracle_pool_id FROM autoscaler.pools WHERE id = ?", pool))));
    }
    return new MeasuredNode(id, key, made);
  }
}
