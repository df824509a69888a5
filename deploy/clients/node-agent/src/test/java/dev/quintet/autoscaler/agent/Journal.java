package dev.quintet.autoscaler.agent;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/** What happened, in order; a test waits on it instead of sleeping. */
public final class Journal<T> {

  static final Duration LIMIT = Duration.ofSeconds(40);

  private final List<T> entries = new ArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition added = lock.newCondition();

  public void add(T entry) {
    lock.lock();
    try {
      entries.add(entry);
      added.signalAll();
    } finally {
      lock.unlock();
    }
  }

  public List<T> all() {
    lock.lock();
    try {
      return List.copyOf(entries);
    } finally {
      lock.unlock();
    }
  }

  public List<T> all(Predicate<? super T> wanted) {
    return all().stream().filter(wanted).toList();
  }

  public T await(Predicate<? super T> wanted) {
    return await(1, wanted).getFirst();
  }

  public List<T> await(int count, Predicate<? super T> wanted) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    lock.lock();
    try {
      while (true) {
        List<T> found = entries.stream().filter(wanted).toList();
        if (found.size() >= count) {
          return found;
        }
        long left = deadline - System.nanoTime();
        if (left <= 0 || !added.await(left, TimeUnit.NANOSECONDS)) {
          throw new AssertionError(
              "only " + found.size() + " of " + count + " came; journal: " + entries);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    } finally {
      lock.unlock();
    }
  }
}
