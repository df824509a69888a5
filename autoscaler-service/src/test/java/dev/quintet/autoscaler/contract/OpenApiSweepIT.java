package dev.quintet.autoscaler.contract;

import dev.quintet.common.testing.Contract.Operation;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.OpenApiSweepContract;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** No wild request may change a user, a node or a pool that it has no right name for. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class OpenApiSweepIT extends OpenApiSweepContract {
  private static final String NOBODY = Integer.toString(Integer.MAX_VALUE);
  private static final String SWEPT = "swept";

  Database database;

  private String user = "";
  private String node = "";
  private String pool = "";

  @Override
  protected void prepare() {
    user =
        id(
            "INSERT INTO autoscaler.users (email, full_name) VALUES ('swept@example.test', ?) RETURNING id");
    node = id("INSERT INTO autoscaler.nodes (name, region) VALUES (?, 'r') RETURNING id");
    pool =
        id(
            "INSERT INTO autoscaler.pools (node_id, oracle_pool_id, name, region) VALUES ("
                + node
                + ", 'ocid1.instancepool.swept', ?, 'r') RETURNING id");
  }

  private String id(String insert) {
    return Objects.requireNonNull(database.value(insert, SWEPT)).toString();
  }

  /** What an administrator may rightly do is done to something that is not there. */
  @Override
  protected Map<String, String> existing(Operation operation) {
    if (!operation.verb().equals("get")) {
      return Map.of("id", NOBODY);
    }
    String path = operation.path();
    return Map.of(
        "id",
        path.startsWith("/api/v1/users") ? user : path.startsWith("/api/v1/nodes") ? node : pool);
  }

  @Override
  protected Object fingerprint() {
    return List.of(
        database.rows("SELECT * FROM autoscaler.users WHERE full_name = ?", SWEPT),
        database.rows("SELECT * FROM autoscaler.nodes WHERE name = ?", SWEPT),
        database.rows("SELECT * FROM autoscaler.pools WHERE name = ?", SWEPT));
  }
}
