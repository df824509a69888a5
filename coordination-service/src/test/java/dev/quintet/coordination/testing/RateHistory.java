package dev.quintet.coordination.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What was admitted, as callers saw it: each admission happened some time between the call and its
 * answer. It proves breaches only: units count for a window where their whole span lies in it, so
 * slow answers make it blind, never wrong. From any thread.
 */
public final class RateHistory {
  private final List<Admission> admissions = new ArrayList<>();

  private record Admission(long calledNanos, long answeredNanos, int cost) {}

  public synchronized void admitted(long calledNanos, long answeredNanos, int cost) {
    if (answeredNanos < calledNanos || cost < 1) {
      throw new IllegalArgumentException("no admission: " + calledNanos + ".." + answeredNanos);
    }
    admissions.add(new Admission(calledNanos, answeredNanos, cost));
  }

  public synchronized int total() {
    return admissions.stream().mapToInt(Admission::cost).sum();
  }

  /**
   * The most units that certainly were admitted within one window of this length, wherever it
   * begins. Two that are a whole length apart are in no common one.
   */
  public synchronized int mostWithin(Duration length) {
    var byAnswer =
        admissions.stream().sorted(Comparator.comparingLong(Admission::answeredNanos)).toList();
    int most = 0;
    for (Admission first : admissions) {
      // The fullest window begins with a call, or could begin later without losing any.
      long begin = first.calledNanos();
      long end = begin + length.toNanos();
      int within = 0;
      for (Admission other : byAnswer) {
        if (other.answeredNanos() >= end) {
          break;
        }
        if (other.calledNanos() >= begin) {
          within += other.cost();
        }
      }
      most = Math.max(most, within);
    }
    return most;
  }
}
