package dev.quintet.autoscaler.agent;

import dev.quintet.autoscaler.agent.pool.InstancePool;
import dev.quintet.autoscaler.agent.pool.Look;
import dev.quintet.autoscaler.agent.pool.Observation;
import dev.quintet.autoscaler.agent.pool.Resized;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** A pool with the rules of a cloud, whose next answers a test may choose. */
final class ScriptedPool implements InstancePool {

  enum Next {
    BUSY,
    REFUSE,
    /** Done, but the answer is lost. */
    LOSE_ANSWER,
    /** Not done, and no answer either. */
    LOSE_REQUEST,
    /** The agent dies with the request on its way: done, and nothing of it is remembered. */
    DIE_AFTER,
    DIE_BEFORE
  }

  static final class Died extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Each change that a resize made. */
  final List<Integer> sizes = new CopyOnWriteArrayList<>();

  final Deque<Next> script = new ArrayDeque<>();
  final Journal<Integer> looks = new Journal<>();
  volatile int size;
  volatile boolean settled = true;
  private volatile int version;

  ScriptedPool(int size) {
    this.size = size;
  }

  Observation seen() {
    return new Observation(
        size,
        size,
        settled,
        settled ? "RUNNING" : "SCALING",
        "v" + version,
        Optional.of(new Observation.Load(50, 60, 40, 45)));
  }

  synchronized void changeByHand(int to) {
    size = to;
    version++;
  }

  @Override
  public synchronized Look look() {
    looks.add(size);
    return new Look.Seen(seen());
  }

  @Override
  public synchronized Resized resize(int to, String seenVersion, String token) {
    Next next = script.poll();
    if (next == Next.DIE_BEFORE) {
      throw new Died();
    }
    if (next == Next.LOSE_REQUEST) {
      return new Resized.Unknown("no answer");
    }
    if (next == Next.BUSY) {
      return new Resized.NotNow("busy", Duration.ZERO);
    }
    if (next == Next.REFUSE) {
      return new Resized.Refused("out of capacity");
    }
    if (!seenVersion.equals("v" + version)) {
      return new Resized.Changed();
    }
    sizes.add(to);
    changeByHand(to);
    if (next == Next.DIE_AFTER) {
      throw new Died();
    }
    return next == Next.LOSE_ANSWER ? new Resized.Unknown("no answer") : new Resized.Accepted();
  }
}
