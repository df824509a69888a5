package dev.quintet.coordination.contract;

import dev.quintet.common.testing.Contract.Operation;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.OpenApiSweepContract;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.Map;

/** Aimed at a lock that somebody holds: no wild request may take it from him or move its token. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the field in
class OpenApiSweepIT extends OpenApiSweepContract {
  private static final String LOCK = "swept";

  Database database;

  @Override
  protected void prepare() {
    // A lease longer than the sweep, so that nothing moves by itself.
    var held =
        database.rows(
            "SELECT coordination.lock_acquire(?, 'holder', 3600000, gen_random_uuid())", LOCK);
  }

  /** What an operator may rightly do to a lock is done to one that nobody holds. */
  @Override
  protected Map<String, String> existing(Operation operation) {
    return Map.of("lock_key", operation.path().endsWith("/force-release") ? "nobody's" : LOCK);
  }

  @Override
  protected boolean showsStatements(Operation operation) {
    return operation.path().endsWith("/reports/slow-queries");
  }

  @Override
  protected Object fingerprint() {
    return database.rows(
        "SELECT lock_holder, lease_id, fencing_token, expires_at, hold_count FROM coordination.distributed_locks WHERE lock_key = ?",
        LOCK);
  }
}
