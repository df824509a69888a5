package dev.quintet.autoscaler.agent;

import dev.quintet.autoscaler.agent.StateFile.Intent;
import dev.quintet.autoscaler.agent.StateFile.PoolState;
import dev.quintet.autoscaler.agent.pool.InstancePool;
import dev.quintet.autoscaler.agent.pool.Observation;
import dev.quintet.autoscaler.agent.pool.Resized;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The rules by which the manager's targets become sizes.
 *
 * <p>A pool changes only for a target that is managed, newer than every generation dealt with,
 * offered in the manager's latest answer and not expired. All else keeps the size.
 *
 * <pre>
 * offered ── intent on disk ── resize ──┬─ accepted ─────────────► dealt with, ok
 *    ▲                                  ├─ refused, or changed ──► dealt with, failed
 *    └────── intent dropped ◄── not now ┤
 *                    intent kept, looked at again ◄── unknown, crash
 * </pre>
 *
 * An intent holds the version of the pool that it was made on, and the cloud checks it. So a try
 * that went through without our knowing cannot go through a second time.
 */
final class TargetKeeper {

  /** Good until {@code endNanos}, not to be tried before {@code notBeforeNanos}. */
  private record Pending(Wire.Target target, long endNanos, long notBeforeNanos, int tries) {}

  private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

  /** Memory of what was said already; forgetting only says it again. */
  private static final int MOST_TOLD = 1000;

  private final StateFile file;
  private final Function<String, Limits> limits;
  private final LongSupplier nanos;
  private final Log log;
  private final Map<String, Pending> pending = new HashMap<>();
  private final Map<String, String> advised = new HashMap<>();
  private final Set<String> told = new HashSet<>();

  TargetKeeper(StateFile file, Function<String, Limits> limits, LongSupplier nanos, Log log) {
    this.file = file;
    this.limits = limits;
    this.nanos = nanos;
    this.log = log;
  }

  /**
   * Takes the targets of one answer; those of earlier answers are withdrawn.
   *
   * @param now the manager's time in that answer, so that no other clock matters
   * @param sentNanos when the question left: the answer is at most that old
   */
  void offer(List<Wire.Target> targets, Instant now, long sentNanos, Set<String> ownPools) {
    Map<String, Pending> before = Map.copyOf(pending);
    pending.clear();
    for (Wire.Target target : targets) {
      String id = target.oraclePoolId();
      if (!ownPools.contains(id)) {
        once("ignored", id, target, "not a pool of this agent");
      } else if (!target.mode().equals("managed")) {
        advise(target);
      } else if (target.generation() <= file.state().pool(id).lastGeneration()) {
        continue;
      } else if (!target.goodFor(now).isPositive()) {
        once("ignored", id, target, "expired");
      } else {
        pending.put(id, renewed(before.get(id), target, sentNanos + target.goodFor(now).toNanos()));
      }
    }
  }

  private static Pending renewed(@Nullable Pending before, Wire.Target target, long endNanos) {
    return before != null && before.target.generation() == target.generation()
        ? new Pending(target, endNanos, before.notBeforeNanos, before.tries)
        : new Pending(target, endNanos, Long.MIN_VALUE, 0);
  }

  private void advise(Wire.Target target) {
    String advice = target.targetInstances() + " " + target.reason();
    if (!advice.equals(advised.put(target.oraclePoolId(), advice))) {
      log.info(
          "advised",
          "pool",
          target.oraclePoolId(),
          "to",
          target.targetInstances(),
          "mode",
          target.mode(),
          "because",
          target.reason());
    }
  }

  private boolean first(String words) {
    if (told.size() >= MOST_TOLD) {
      told.clear();
    }
    return told.add(words);
  }

  private void once(String event, String pool, Wire.Target target, String why) {
    if (first(event + pool + target.generation() + why)) {
      log.warn(event, "pool", pool, "generation", target.generation(), "because", why);
    }
  }

  /** Without the manager's word no pool changes. */
  void withdrawAll() {
    pending.clear();
  }

  /** What the manager wants of the pool, if anything is outstanding. */
  @Nullable Integer outstanding(String poolId) {
    Pending wanted = pending.get(poolId);
    return wanted == null ? null : wanted.target.targetInstances();
  }

  /**
   * Does what is due for one pool.
   *
   * @param seen how the pool is now
   * @return whether the manager has something new to be told
   */
  boolean work(PoolSpec spec, InstancePool pool, Observation seen) {
    PoolState state = file.state().pool(spec.id());
    Intent open = state.intent();
    if (open != null && open.size() == seen.size()) {
      // A crash or a lost answer hid that the resize had gone through.
      dealtWith(spec, open.poolId(), open.generation(), clampNote(spec, open));
      return true;
    }
    Pending wanted = pending.get(spec.id());
    if (wanted == null || nanos.getAsLong() < wanted.notBeforeNanos) {
      return false;
    }
    if (nanos.getAsLong() - wanted.endNanos >= 0) {
      pending.remove(spec.id());
      once("expired", spec.name(), wanted.target, "not possible in time; the size stays");
      return false;
    }
    Wire.Target target = wanted.target;
    Intent same = open != null && open.generation() == target.generation() ? open : null;
    boolean again = same != null;
    int size = same != null ? same.size() : limits.apply(spec.id()).clamp(target.targetInstances());
    if (size == seen.size()) {
      Intent none = intent(target, size, seen);
      dealtWith(spec, target.poolId(), target.generation(), clampNote(spec, none));
      return true;
    }
    if (!seen.settled()) {
      return later(spec, wanted, "the pool is " + seen.state(), FIRST_WAIT);
    }
    Intent intent = same != null ? same : intent(target, size, seen);
    file.change(all -> all.with(spec.id(), all.pool(spec.id()).with(intent)));
    String token = "quintet-" + target.poolId() + "-" + target.generation();
    return switch (pool.resize(size, intent.version(), token)) {
      case Resized.Accepted accepted -> {
        log.info(
            "resized",
            "pool",
            spec.name(),
            "from",
            seen.size(),
            "to",
            size,
            "generation",
            target.generation(),
            "because",
            target.reason());
        dealtWith(spec, target.poolId(), target.generation(), clampNote(spec, intent));
        yield true;
      }
      case Resized.Changed changed -> {
        if (again) {
          dealtWith(
              spec,
              target.poolId(),
              target.generation(),
              "interrupted, and the pool was changed since; waiting for a new decision");
          yield true;
        }
        forget(spec);
        yield later(spec, wanted, "somebody changed the pool at the same time", FIRST_WAIT);
      }
      case Resized.NotNow notNow -> {
        if (!again) {
          forget(spec);
        }
        yield later(spec, wanted, notNow.reason(), notNow.waitAtLeast());
      }
      case Resized.Unknown unknown -> later(spec, wanted, unknown.reason(), FIRST_WAIT);
      case Resized.Refused refused -> {
        dealtWith(spec, target.poolId(), target.generation(), refused.reason());
        yield true;
      }
    };
  }

  private static Intent intent(Wire.Target target, int size, Observation seen) {
    return new Intent(
        target.poolId(), target.generation(), target.targetInstances(), size, seen.version());
  }

  private @Nullable String clampNote(PoolSpec spec, Intent intent) {
    Limits own = limits.apply(spec.id());
    return intent.size() == intent.target()
        ? null
        : "the agent's own limits %d..%d made %d of %d"
            .formatted(own.min(), own.max(), intent.size(), intent.target());
  }

  private void forget(PoolSpec spec) {
    file.change(all -> all.with(spec.id(), all.pool(spec.id()).with(null)));
  }

  private boolean later(PoolSpec spec, Pending wanted, String reason, Duration atLeast) {
    Duration doubled = FIRST_WAIT.multipliedBy(1L << Math.min(wanted.tries, 6));
    Duration wait = doubled.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : doubled;
    wait = wait.compareTo(atLeast) > 0 ? wait : atLeast;
    pending.put(
        spec.id(),
        new Pending(
            wanted.target, wanted.endNanos, nanos.getAsLong() + wait.toNanos(), wanted.tries + 1));
    once("waiting", spec.name(), wanted.target, reason);
    Wire.Target target = wanted.target;
    return report(
        spec, new Wire.Applied(target.poolId(), target.generation(), false, "not yet: " + reason));
  }

  /** {@code error} is null for a success. The generation is never looked at again. */
  private void dealtWith(PoolSpec spec, int poolId, long generation, @Nullable String error) {
    if (error != null) {
      log.error("not as asked", "pool", spec.name(), "generation", generation, "because", error);
    }
    Pending wanted = pending.get(spec.id());
    if (wanted != null && wanted.target.generation() <= generation) {
      pending.remove(spec.id());
    }
    var outcome = new Wire.Applied(poolId, generation, error == null, error);
    file.change(all -> {
      PoolState pool = all.pool(spec.id());
      List<Wire.Applied> unreported = new ArrayList<>(pool.unreported());
      unreported.removeIf(other -> other.generation() <= generation);
      unreported.add(outcome);
      long last = Math.max(pool.lastGeneration(), generation);
      return all.with(spec.id(), new PoolState(last, null, unreported));
    });
  }

  /** Says why it is not done yet; the same words of the same generation only once. */
  private boolean report(PoolSpec spec, Wire.Applied outcome) {
    if (!first("report" + spec.id() + outcome.generation() + outcome.error())) {
      return false;
    }
    file.change(all -> {
      PoolState pool = all.pool(spec.id());
      List<Wire.Applied> unreported = new ArrayList<>(pool.unreported());
      unreported.removeIf(other -> other.generation() <= outcome.generation());
      unreported.add(outcome);
      return all.with(spec.id(), new PoolState(pool.lastGeneration(), pool.intent(), unreported));
    });
    return true;
  }

  /** Outcomes that the manager has not been told. */
  List<Wire.Applied> unreported() {
    return file.state().pools().values().stream().flatMap(p -> p.unreported().stream()).toList();
  }

  void reported(List<Wire.Applied> outcomes) {
    if (outcomes.isEmpty()) {
      return;
    }
    file.change(all -> {
      StateFile.State changed = all;
      for (var pool : all.pools().entrySet()) {
        List<Wire.Applied> left = new ArrayList<>(pool.getValue().unreported());
        left.removeAll(outcomes);
        changed =
            changed.with(
                pool.getKey(),
                new PoolState(pool.getValue().lastGeneration(), pool.getValue().intent(), left));
      }
      return changed;
    });
  }
}
