package dev.quintet.autoscaler.testing;

import dev.quintet.common.testing.Database;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Nodes and pools made by SQL, for tests whose subject is something else. */
public final class Rows {
  private Rows() {}

  /** The new node's id. */
  public static int node(Database database) {
    return number(
        database.value(
            "INSERT INTO autoscaler.nodes (name, region) VALUES (?, 'eu-frankfurt-1') RETURNING id",
            "node-" + UUID.randomUUID()));
  }

  /** The new pool's id. */
  public static int pool(Database database, int node, int min, int max) {
    return number(
        database.value(
            """
            INSERT INTO autoscaler.pools (node_id, oracle_pool_id, name, region, min_instances, max_instances)
            VALUES (?, ?, 'web', 'eu-frankfurt-1', ?, ?) RETURNING id
            """,
            node,
            "ocid1.instancepool.oc1.." + UUID.randomUUID(),
            min,
            max));
  }

  private static int number(@Nullable Object value) {
    return ((Number) Objects.requireNonNull(value)).intValue();
  }
}
