package dev.quintet.tracker.contract;

import dev.quintet.common.security.Roles;
import dev.quintet.common.testing.Contract.Operation;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.OpenApiSweepContract;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.Map;

/** Aimed at a cluster whose shards another instance holds: no wild request may move one of them. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
class OpenApiSweepIT extends OpenApiSweepContract {
  private static final String CLUSTER = "swept";

  Database database;

  @Override
  protected void prepare() {
    // A lease longer than the sweep, so that nothing moves by itself.
    var unused =
        database.rows(
            """
            SELECT tracker.create_cluster(?, 4, '{"lease_ttl_ms": 600000, "heartbeat_interval_ms": 60000}')
            """,
            CLUSTER);
    var held =
        database.rows(
            "SELECT tracker.acquire_shards(?, 'holder', gen_random_uuid(), NULL, 4)", CLUSTER);
    // Whoever names the epoch is the holder, so it must be none that a sample has by chance.
    int raised =
        database.update(
            "UPDATE tracker.shard_leases SET epoch = 4711 WHERE cluster_name = ?", CLUSTER);
  }

  /** What an operator may rightly do to a cluster is done to one that is not there. */
  @Override
  protected Map<String, String> existing(Operation operation) {
    boolean operators =
        !operation.verb().equals("get") && !operation.roles().contains(Roles.SERVICE);
    return Map.of("cluster", operators ? "nobody" : CLUSTER, "instance", "sweeper", "shard", "0");
  }

  @Override
  protected Object fingerprint() {
    return database.rows(
        """
        SELECT shard_id, instance_id, incarnation, epoch, state, session_id, resume_gateway_url, seq, guild_count
          FROM tracker.shard_leases WHERE cluster_name = ? ORDER BY generation, shard_id
        """,
        CLUSTER);
  }

  /** The door for Supabase clients answers in PostgREST's shape. */
  @Override
  protected boolean speaksProblems(Operation operation) {
    return !operation.path().startsWith("/rest/");
  }
}
