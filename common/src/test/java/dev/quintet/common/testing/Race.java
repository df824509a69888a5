package dev.quintet.common.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;

/** Many callers at once: threads behind one latch, so that none starts before all are there. */
public final class Race {
  private Race() {}

  public static <T> List<T> of(int callers, Callable<T> call) {
    return of(callers, number -> call);
  }

  /** Each caller gets its number, from 0. The answers are in the order of the numbers. */
  public static <T> List<T> of(int callers, IntFunction<Callable<T>> calls) {
    var ready = new CountDownLatch(callers);
    // Platform threads: REST Assured reads JSON paths by Groovy, whose locks and class initialisers
    // together can pin every carrier of virtual threads for ever.
    try (var threads = Executors.newCachedThreadPool()) {
      var running = new ArrayList<Future<T>>();
      for (int i = 0; i < callers; i++) {
        Callable<T> call = calls.apply(i);
        running.add(
            threads.submit(() -> {
              ready.countDown();
              ready.await();
              return call.call();
            }));
      }
      var answers = new ArrayList<T>();
      for (Future<T> one : running) {
        answers.add(one.get());
      }
      return answers;
    } catch (ExecutionException e) {
      throw new AssertionError("a caller failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
