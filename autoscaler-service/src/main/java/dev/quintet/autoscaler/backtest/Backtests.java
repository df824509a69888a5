package dev.quintet.autoscaler.backtest;

import dev.quintet.autoscaler.access.Actor;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Change;
import dev.quintet.autoscaler.audit.Changes;
import dev.quintet.autoscaler.backtest.BacktestQueries.PoolPolicy;
import dev.quintet.autoscaler.backtest.BacktestQueries.SetUp;
import dev.quintet.autoscaler.backtest.Candidate.NamedPolicy;
import dev.quintet.autoscaler.backtest.StoredSpec.Way;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.Backtest;
import dev.quintet.common.api.autoscaler.BacktestRequest;
import dev.quintet.common.api.autoscaler.BacktestRequest.Trace;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Asking for a back-test: what the request leaves open is filled in as the pool is set up now. */
@ApplicationScoped
class Backtests {
  private static final String AS_IT_IS = "as it is";

  private final Changes changes;
  private final BacktestQueries backtests;

  Backtests(Changes changes, BacktestQueries backtests) {
    this.changes = changes;
    this.backtests = backtests;
  }

  Uni<Answer> create(@Nullable IdempotencyKey key, Actor actor, int pool, BacktestRequest request) {
    return changes.make(
        key,
        actor,
        AuditAction.BACKTEST_CREATED,
        List.of(pool, request),
        tx ->
            backtests
                .setUp(tx, pool, request.from(), request.to())
                .map(found -> spec(request, known(pool, found)))
                .chain(spec -> backtests.create(tx, pool, spec, actor.email()))
                .map(made ->
                    Change.of(
                            new Effect(
                                202, Map.of("Location", "/api/v1/backtests/" + made.id()), made))
                        .on(made.id(), null)
                        .to(made)));
  }

  Uni<Answer> delete(@Nullable IdempotencyKey key, Actor actor, UUID id) {
    return changes.make(
        key,
        actor,
        AuditAction.BACKTEST_DELETED,
        id,
        tx ->
            backtests
                .delete(tx, id)
                .map(gone -> gone.orElseThrow(() -> unknown(id.toString())))
                .map(pool -> Change.of(Effect.of(204, null)).on(id, null).with("pool_id", pool)));
  }

  Uni<Optional<Backtest>> find(UUID id) {
    return backtests.find(id);
  }

  Uni<Optional<Optional<String>>> timeline(UUID id) {
    return backtests.timeline(id);
  }

  static ProblemException unknown(String id) {
    return new ProblemException(AutoscalerProblem.UNKNOWN_BACKTEST, "no back-test " + id);
  }

  private static SetUp known(int pool, Optional<SetUp> found) {
    return found.orElseThrow(
        () -> new ProblemException(AutoscalerProblem.UNKNOWN_POOL, "no pool " + pool));
  }

  private static StoredSpec spec(BacktestRequest request, SetUp pool) {
    Trace trace = request.trace();
    Instant from;
    Instant to;
    if (trace == null) {
      from = Objects.requireNonNull(request.from());
      to = Objects.requireNonNull(request.to());
      if (pool.recordedInstances() == null) {
        throw new ProblemException(
            AutoscalerProblem.NO_DATA, "nothing was recorded of the pool in that window");
      }
    } else {
      from = Objects.requireNonNull(trace.start());
      to =
          from.plusSeconds(
              (long) Objects.requireNonNull(trace.demand()).size()
                  * Objects.requireNonNull(trace.intervalSeconds()));
    }
    var tested = new ArrayList<String>();
    List<Way> ways = ways(request, pool, tested);
    Integer start = request.startInstances();
    if (start == null) {
      start = pool.recordedInstances() == null ? pool.current() : pool.recordedInstances();
    }
    return new StoredSpec(
        from,
        to,
        trace,
        Objects.requireNonNull(request.stepSeconds()),
        start,
        Objects.requireNonNull(request.startupDelaySeconds()),
        request.pricePerInstanceHour(),
        Objects.requireNonNull(request.capped()),
        Objects.requireNonNull(request.maxAgeSeconds()),
        request.target(),
        ways,
        tested.stream().distinct().toList());
  }

  private static List<Way> ways(BacktestRequest request, SetUp pool, List<String> tested) {
    int step = Objects.requireNonNull(request.stepSeconds());
    List<BacktestRequest.Candidate> asked = request.candidates();
    if (asked == null) {
      return List.of(
          Way.of(
              new Candidate(
                  AS_IT_IS,
                  pool.min(),
                  pool.max(),
                  enabled(pool, tested),
                  pool.behavior(),
                  request.trace() == null ? pool.schedules() : List.of(),
                  step)));
    }
    var violations = new Violations();
    var ways = new ArrayList<Way>();
    for (int i = 0; i < asked.size(); i++) {
      ways.add(
          Way.of(
              candidate(
                  asked.get(i),
                  pool,
                  step,
                  request.trace() == null,
                  tested,
                  violations,
                  "/candidates/" + i)));
    }
    violations.orThrow();
    return ways;
  }

  private static Candidate candidate(
      BacktestRequest.Candidate asked,
      SetUp pool,
      int step,
      boolean recorded,
      List<String> tested,
      Violations violations,
      String at) {
    int min = Objects.requireNonNullElse(asked.minInstances(), pool.min());
    int max = Objects.requireNonNullElse(asked.maxInstances(), pool.max());
    violations.check(
        min <= max,
        AutoscalerProblem.LIMITS_INVALID,
        at + "/max_instances",
        "must not be below min_instances, which is " + min);
    String name = Objects.requireNonNull(asked.name());
    if (Boolean.TRUE.equals(asked.originRule())) {
      Candidate origin = Candidate.origin(min, max);
      return new Candidate(
          name,
          min,
          max,
          origin.policies(),
          origin.behavior(),
          List.of(),
          Math.max(step, origin.evaluateEverySeconds()));
    }
    return new Candidate(
        name,
        min,
        max,
        policies(asked, pool, tested, violations, at),
        Objects.requireNonNullElse(asked.behavior(), pool.behavior()),
        Objects.requireNonNullElse(asked.schedules(), recorded) ? pool.schedules() : List.of(),
        Math.max(step, Objects.requireNonNullElse(asked.evaluateEverySeconds(), step)));
  }

  private static List<NamedPolicy> policies(
      BacktestRequest.Candidate asked,
      SetUp pool,
      List<String> tested,
      Violations violations,
      String at) {
    var policies = new ArrayList<NamedPolicy>();
    Objects.requireNonNull(asked.policies())
        .forEach(policy ->
            policies.add(new NamedPolicy(Objects.requireNonNull(policy.name()), policy.spec())));
    List<Integer> ids = Objects.requireNonNull(asked.policyIds());
    for (int i = 0; i < ids.size(); i++) {
      int id = ids.get(i);
      Optional<PoolPolicy> known =
          pool.policies().stream().filter(policy -> policy.id() == id).findFirst();
      violations.check(
          known.isPresent(),
          AutoscalerProblem.BACKTEST_INVALID,
          at + "/policy_ids/" + i,
          "must be a policy of the pool");
      known.ifPresent(policy -> policies.add(tried(policy, tested)));
    }
    return policies.isEmpty() && ids.isEmpty() ? enabled(pool, tested) : policies;
  }

  private static List<NamedPolicy> enabled(SetUp pool, List<String> tested) {
    return pool.policies().stream()
        .filter(PoolPolicy::enabled)
        .map(policy -> tried(policy, tested))
        .toList();
  }

  private static NamedPolicy tried(PoolPolicy policy, List<String> tested) {
    tested.add(policy.id() + "@" + policy.version());
    return new NamedPolicy(policy.name(), policy.spec());
  }
}
