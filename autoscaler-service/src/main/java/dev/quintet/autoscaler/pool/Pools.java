package dev.quintet.autoscaler.pool;

import dev.quintet.autoscaler.AutoscalerConfig;
import dev.quintet.autoscaler.access.Actor;
import dev.quintet.autoscaler.access.IfMatch;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Change;
import dev.quintet.autoscaler.audit.Changes;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.ControlMode;
import dev.quintet.common.api.autoscaler.Pool;
import dev.quintet.common.api.autoscaler.PoolChange;
import dev.quintet.common.api.autoscaler.PoolControl;
import dev.quintet.common.api.autoscaler.PoolLimits;
import dev.quintet.common.api.autoscaler.PoolMove;
import dev.quintet.common.api.autoscaler.PoolRequest;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What can be done to a pool. Every change locks its row first, but a node's before that. */
@ApplicationScoped
class Pools {
  /** A pool may have many millions of metrics, and they go in the one transaction of its end. */
  private static final Duration DELETION = Duration.ofMinutes(5);

  private final Changes changes;
  private final PoolQueries pools;
  private final int largest;

  Pools(Changes changes, PoolQueries pools, AutoscalerConfig config) {
    this.changes = changes;
    this.pools = pools;
    this.largest = config.largestPool();
  }

  /** Which pool is meant, and as of which version: for every change alike. */
  record Aim(@Nullable IdempotencyKey key, Actor actor, int id, @Nullable String ifMatch) {}

  Uni<Answer> create(@Nullable IdempotencyKey key, Actor actor, PoolRequest request) {
    refuseTooLarge(request.max());
    return changes.make(
        key,
        actor,
        AuditAction.POOL_CREATED,
        request,
        tx ->
            pools
                .node(tx, request.nodeId())
                .map(Pools::inService)
                .chain(node ->
                    pools.insert(
                        tx, request, request.region() == null ? node.region() : request.region()))
                .chain(
                    made -> made.map(id -> pools.view(tx, id)).orElseGet(() -> taken(tx, request)))
                .map(pool ->
                    Change.of(
                            new Effect(
                                201,
                                Map.of("Location", "/api/v1/pools/" + pool.id(), "ETag", tag(pool)),
                                pool))
                        .on(pool.id(), pool.name())
                        .to(pool)));
  }

  Uni<Answer> change(Aim aim, PoolChange request) {
    return changed(
        aim,
        AuditAction.POOL_UPDATED,
        request,
        (tx, before) -> {
          String name = or(request.name(), before.name());
          String region = or(request.region(), before.region());
          int current = or(request.currentInstances(), before.currentInstances());
          return name.equals(before.name())
                  && region.equals(before.region())
                  && current == before.currentInstances()
              ? Optional.empty()
              : Optional.of(pools.update(tx, before.id(), name, region, current));
        });
  }

  Uni<Answer> setLimits(Aim aim, PoolLimits request) {
    int min = request.minInstances();
    int max = request.maxInstances();
    refuseTooLarge(max);
    return changed(
        aim,
        AuditAction.POOL_LIMITS_CHANGED,
        request,
        (tx, before) ->
            before.minInstances() == min
                    && before.maxInstances() == max
                    && before.limitsSource().equals("api")
                ? Optional.empty()
                : Optional.of(pools.setLimits(tx, before.id(), min, max)));
  }

  Uni<Answer> setControl(Aim aim, PoolControl request) {
    ControlMode mode = request.mode();
    return changed(
        aim,
        AuditAction.POOL_CONTROL_MODE_CHANGED,
        request,
        (tx, before) -> {
          if (before.controlMode() == mode) {
            return Optional.empty();
          }
          Uni<Void> set = pools.setMode(tx, before.id(), mode.json());
          return Optional.of(
              mode == ControlMode.MANAGED ? manageable(tx, before).chain(() -> set) : set);
        });
  }

  /** Its history stays with the node that told it; its own schedules go with the pool. */
  Uni<Answer> move(Aim aim, PoolMove request) {
    int node = request.nodeId();
    return changes.make(
        aim.key(),
        aim.actor(),
        AuditAction.POOL_MOVED,
        List.of(aim.id(), request),
        tx ->
            pools
                .lockNodesOfMove(tx, aim.id(), node)
                .chain(() -> locked(tx, aim))
                .chain(before ->
                    before.nodeId() == node
                        ? Uni.createFrom().item(Change.none(seen(before)))
                        : pools
                            .node(tx, node)
                            .invoke(Pools::inService)
                            .chain(() -> pools.move(tx, aim.id(), node))
                            .chain(() -> told(tx, before))));
  }

  Uni<Answer> delete(Aim aim) {
    return changes.makeWithin(
        DELETION,
        aim.key(),
        aim.actor(),
        AuditAction.POOL_DELETED,
        List.of(aim.id()),
        tx ->
            locked(tx, aim)
                .chain(before ->
                    pools
                        .count(tx, aim.id())
                        .call(() -> pools.delete(tx, aim.id()))
                        .map(rows ->
                            Change.of(Effect.of(204, null))
                                .on(aim.id(), before.name())
                                .from(before)
                                .with("rows", rows))));
  }

  static String tag(Pool pool) {
    return "\"" + pool.version() + "\"";
  }

  /** What a change does to the pool as it is; empty where it is so already. */
  private interface Step {
    Optional<Uni<Void>> on(SqlConnection tx, Pool before);
  }

  private Uni<Answer> changed(Aim aim, AuditAction action, Object request, Step step) {
    return changes.make(
        aim.key(),
        aim.actor(),
        action,
        List.of(aim.id(), request),
        tx ->
            locked(tx, aim)
                .chain(before ->
                    step.on(tx, before)
                        .map(done -> done.chain(() -> told(tx, before)))
                        .orElseGet(() -> Uni.createFrom().item(Change.none(seen(before))))));
  }

  private Uni<Change> told(SqlConnection tx, Pool before) {
    return pools
        .view(tx, before.id())
        .map(now -> Change.of(seen(now)).on(now.id(), now.name()).from(before).to(now));
  }

  private Uni<Pool> locked(SqlConnection tx, Aim aim) {
    return pools
        .lock(tx, aim.id())
        .map(found -> found.orElseThrow(() -> new ProblemException(AutoscalerProblem.UNKNOWN_POOL)))
        .invoke(pool -> IfMatch.check(aim.ifMatch(), tag(pool)));
  }

  private Uni<Void> manageable(SqlConnection tx, Pool pool) {
    return pools
        .manageable(tx, pool.id())
        .invoke(manageable -> {
          if (!manageable) {
            throw new ProblemException(
                AutoscalerProblem.NOTHING_TO_MANAGE, "enable a policy or make a schedule first");
          }
        })
        .replaceWithVoid();
  }

  private Uni<Pool> taken(SqlConnection tx, PoolRequest request) {
    return pools
        .owner(tx, request.oraclePoolId())
        .map(node -> {
          throw new ProblemException(AutoscalerProblem.ORACLE_POOL_ID_TAKEN)
              .with("node_id", node.orElse(null));
        });
  }

  private static PoolQueries.Host inService(Optional<PoolQueries.Host> found) {
    var node = found.orElseThrow(() -> new ProblemException(AutoscalerProblem.UNKNOWN_NODE));
    if (node.decommissioned()) {
      throw new ProblemException(AutoscalerProblem.DECOMMISSIONED);
    }
    return node;
  }

  private void refuseTooLarge(int max) {
    var violations = new Violations();
    violations.check(
        max <= largest,
        AutoscalerProblem.LIMITS_INVALID,
        "/max_instances",
        "must not be more than " + largest);
    violations.orThrow();
  }

  private static <T> T or(@Nullable T wanted, T otherwise) {
    return wanted == null ? otherwise : wanted;
  }

  private static Effect seen(Pool pool) {
    return new Effect(200, Map.of("ETag", tag(pool)), pool);
  }
}
