package dev.quintet.common.idempotency;

import dev.quintet.common.sql.FleetLocks;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Drops keys past their 24 hours. Late is harmless: an expired key is free whether its row is there
 * or not.
 */
@ApplicationScoped
class ForgetKeysJob {
  private static final Logger LOG = Logger.getLogger(ForgetKeysJob.class);

  private final FleetLocks locks;
  private final IdempotencyQueries queries;
  private final long turn;

  ForgetKeysJob(
      FleetLocks locks,
      IdempotencyQueries queries,
      @ConfigProperty(name = "quintet.schema") String schema) {
    this.locks = locks;
    this.queries = queries;
    this.turn = FleetLocks.key(schema, "forget-idempotency-keys");
  }

  @Scheduled(every = "1h", delayed = "5m", identity = "forget-idempotency-keys")
  Uni<Void> forget() {
    return locks
        .inTurn(turn, queries::forget)
        .invoke(forgotten ->
            forgotten
                .filter(n -> n > 0)
                .ifPresent(n -> LOG.infof("event=idempotency_keys_forgotten count=%d", n)))
        .replaceWithVoid();
  }
}
