package dev.quintet.autoscaler.evaluation;

import dev.quintet.autoscaler.AutoscalerConfig;
import dev.quintet.autoscaler.decision.Decision;
import dev.quintet.autoscaler.decision.Scaling;
import dev.quintet.autoscaler.evaluation.EvaluationQueries.Stored;
import dev.quintet.common.api.autoscaler.ControlMode;
import dev.quintet.common.api.autoscaler.Explanation;
import dev.quintet.common.api.autoscaler.PoolTarget;
import dev.quintet.common.api.autoscaler.ScalingEvent;
import dev.quintet.common.job.Trouble;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Decides about pools, stores what is new in it, and says what their agents are told. Where nothing
 * is new, nothing is written.
 */
@ApplicationScoped
public class Evaluations {
  private static final Logger LOG = Logger.getLogger(Evaluations.class);

  private final EvaluationQueries queries;
  private final Inputs inputs;
  private final Duration repeatEvery;
  private final Trouble trouble = new Trouble(LOG, "evaluate-pool");

  Evaluations(EvaluationQueries queries, Inputs inputs, AutoscalerConfig config) {
    this.queries = queries;
    this.inputs = inputs;
    this.repeatEvery = config.repeatEvery();
  }

  /**
   * A pool with what was decided about it.
   *
   * @param decision null: it is switched off, was never seen, or its settings cannot be read
   */
  private record Evaluated(
      PoolInput pool, @Nullable Decision decision, @Nullable Verdict verdict) {}

  /** For a heartbeat: the node's own pools, decided about now. */
  public Uni<List<PoolTarget>> ofNode(int node, List<PoolInput> pools, Duration validity) {
    List<Evaluated> all = pools.stream().map(this::evaluated).toList();
    return store(node, all)
        .map(stored ->
            all.stream()
                .filter(one -> one.pool().controlMode() != ControlMode.OFF)
                .map(one -> told(one, stored.get(one.pool().poolId()), validity))
                .toList());
  }

  /** Without a heartbeat: any pools, in one statement. */
  Uni<Void> ofFleet(List<PoolInput> pools) {
    return store(null, pools.stream().map(this::evaluated).toList()).replaceWithVoid();
  }

  /** What was decided last, without deciding anew. A pool that is switched off has no target. */
  public List<PoolTarget> standing(List<PoolInput> pools, Duration validity) {
    return pools.stream()
        .filter(pool -> pool.controlMode() != ControlMode.OFF)
        .map(pool -> told(new Evaluated(pool, null, null), null, validity))
        .toList();
  }

  /** What would be decided; nothing is stored. */
  Explanation recommended(PoolInput pool, WhatIf instead) {
    return Scaling.decide(inputs.of(pool, instead)).explanation();
  }

  private Evaluated evaluated(PoolInput pool) {
    if (pool.controlMode() == ControlMode.OFF) {
      return new Evaluated(pool, null, Verdict.off(pool));
    }
    if (pool.observedAt() == null) {
      // How many instances there are is not known: what stands in its row is a default.
      return new Evaluated(pool, null, null);
    }
    try {
      Decision decision = Scaling.decide(inputs.of(pool, WhatIf.NOTHING));
      return new Evaluated(pool, decision, Verdict.of(pool, decision, repeatEvery));
    } catch (RuntimeException e) {
      // One pool whose settings cannot be read must not cost the others their decisions.
      trouble.failed(new IllegalStateException("pool " + pool.poolId(), e));
      return new Evaluated(pool, null, null);
    }
  }

  /** By pool. */
  private Uni<Map<Integer, Stored>> store(@Nullable Integer node, List<Evaluated> all) {
    List<Verdict> verdicts = all.stream().map(Evaluated::verdict).filter(Objects::nonNull).toList();
    return verdicts.isEmpty()
        ? Uni.createFrom().item(Map.of())
        : queries
            .store(node, verdicts)
            .map(stored ->
                stored.stream().collect(Collectors.toMap(Stored::poolId, Function.identity())));
  }

  private static PoolTarget told(Evaluated one, @Nullable Stored stored, Duration validity) {
    PoolInput pool = one.pool();
    Decision decision = one.decision();
    int target = pool.standing();
    long generation = pool.generation();
    Long decisionId = pool.lastDecisionId();
    String event = decision == null ? lastEvent(pool) : decision.event().name();
    String reason = decision == null ? lastCode(pool) : decision.reason();
    if (stored != null) {
      boolean followed = stored.live() && pool.controlMode() == ControlMode.MANAGED;
      target = followed ? stored.target() : pool.current();
      generation = stored.generation();
      decisionId = stored.decisionId();
      if (!stored.stored()) {
        // Another evaluation came first: what stands is its word, not ours.
        event = ScalingEvent.NO_ACTION.name();
        reason = stored.code();
      }
    }
    return new PoolTarget(
        pool.poolId(),
        pool.oraclePoolId(),
        target,
        generation,
        decisionId,
        event,
        reason,
        pool.controlMode().json(),
        pool.at().plus(validity));
  }

  private static String lastEvent(PoolInput pool) {
    var state = pool.state();
    return state == null || state.lastEvent() == null
        ? ScalingEvent.NO_ACTION.name()
        : state.lastEvent();
  }

  private static @Nullable String lastCode(PoolInput pool) {
    return pool.state() == null ? null : pool.state().lastCode();
  }
}
