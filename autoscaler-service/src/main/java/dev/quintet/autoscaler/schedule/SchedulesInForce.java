package dev.quintet.autoscaler.schedule;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The schedules that rule a pool at an instant: of the open windows at most one that sets the
 * number, the highest floor and the lowest ceiling around it. Where the floor is above the ceiling,
 * the ceiling holds.
 */
public record SchedulesInForce(
    @Nullable Window exact, @Nullable Window floor, @Nullable Window ceiling) {

  public static final SchedulesInForce NONE = new SchedulesInForce(null, null, null);

  /** Best first. Ids differ, so no two windows are equal and the order of rows cannot matter. */
  private static final Comparator<Window> BEST =
      Comparator.comparing(Window::ofPool, Comparator.reverseOrder())
          .thenComparing(Window::priority, Comparator.reverseOrder())
          .thenComparing(Window::target, Comparator.reverseOrder())
          .thenComparing(Window::id);

  private static final Comparator<Window> HIGHEST =
      Comparator.comparing(Window::target, Comparator.reverseOrder()).thenComparing(BEST);
  private static final Comparator<Window> LOWEST =
      Comparator.comparing(Window::target).thenComparing(BEST);

  /** Of a pool's own windows and its node's. */
  public static SchedulesInForce at(List<Window> windows, Instant at) {
    Window exact = null;
    Window floor = null;
    Window ceiling = null;
    for (Window window : windows) {
      if (window.activeAt(at)) {
        switch (window.mode()) {
          case EXACT -> exact = better(BEST, exact, window);
          case FLOOR -> floor = better(HIGHEST, floor, window);
          case CEILING -> ceiling = better(LOWEST, ceiling, window);
        }
      }
    }
    return exact == null && floor == null && ceiling == null
        ? NONE
        : new SchedulesInForce(exact, floor, ceiling);
  }

  private static Window better(Comparator<Window> order, @Nullable Window best, Window other) {
    return best == null || order.compare(other, best) < 0 ? other : best;
  }

  /** What becomes of a wish for so many instances. */
  public int apply(int wish) {
    int number = exact == null ? wish : exact.target();
    number = floor == null ? number : Math.max(number, floor.target());
    return ceiling == null ? number : Math.min(number, ceiling.target());
  }

  /** The one that the number of {@link #apply} is from; null: none changed the wish. */
  public @Nullable Window decider(int wish) {
    Window decider = exact;
    int number = exact == null ? wish : exact.target();
    if (floor != null && floor.target() > number) {
      decider = floor;
      number = floor.target();
    }
    return ceiling != null && ceiling.target() < number ? ceiling : decider;
  }

  public boolean none() {
    return exact == null && floor == null && ceiling == null;
  }

  /** True if the floor asks for more than the ceiling allows. */
  public boolean contradictory() {
    return floor != null && ceiling != null && floor.target() > ceiling.target();
  }

  /** The first instant after {@code after} at which any of the windows opens or closes. */
  public static Optional<Instant> nextTransition(List<Window> windows, Instant after) {
    return windows.stream()
        .flatMap(window -> window.nextTransition(after).stream())
        .min(Comparator.naturalOrder());
  }

  /** A stretch of {@code [from, to)} in which the same schedules are in force. */
  public record Stretch(Instant from, Instant to, SchedulesInForce inForce) {}

  /** A pool's plan: every instant of {@code [from, to)} is in exactly one stretch. */
  public static List<Stretch> plan(List<Window> windows, Instant from, Instant to) {
    if (!from.isBefore(to)) {
      return List.of();
    }
    var edges = new TreeSet<Instant>();
    edges.add(from);
    for (Window window : windows) {
      for (Opening opening : window.openings(from, to)) {
        for (Opening.Span span : opening.spans()) {
          edges.add(span.from());
          edges.add(span.to());
        }
      }
    }
    var plan = new ArrayList<Stretch>();
    for (Instant edge : edges.subSet(from, to)) {
      SchedulesInForce now = at(windows, edge);
      if (plan.isEmpty() || !Objects.equals(plan.getLast().inForce(), now)) {
        plan.add(new Stretch(edge, to, now));
        if (plan.size() > 1) {
          Stretch before = plan.get(plan.size() - 2);
          plan.set(plan.size() - 2, new Stretch(before.from(), edge, before.inForce()));
        }
      }
    }
    return plan;
  }
}
