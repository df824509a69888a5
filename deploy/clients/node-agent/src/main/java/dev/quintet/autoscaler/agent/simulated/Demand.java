package dev.quintet.autoscaler.agent.simulated;

import java.util.ArrayList;
import java.util.List;

/**
 * Load over time in percent of one instance: 420 keeps six instances at 70 %.
 *
 * @param repeatMinutes after how long the curve starts over; 0 keeps its last value for ever
 */
record Demand(List<Step> steps, double repeatMinutes) {

  /** {@code demand} from {@code minute} on, until the next step. */
  record Step(double minute, double demand) {}

  Demand {
    steps = List.copyOf(steps);
    if (steps.isEmpty()) {
      throw new IllegalArgumentException("a demand without a step");
    }
    for (int i = 1; i < steps.size(); i++) {
      if (steps.get(i).minute() <= steps.get(i - 1).minute()) {
        throw new IllegalArgumentException("minute " + steps.get(i).minute() + " is not after");
      }
    }
  }

  /**
   * Reads lines of {@code minute,demand}; empty lines and lines that begin with # do not count.
   *
   * @throws IllegalArgumentException with the number of the line that cannot be read
   */
  static Demand trace(List<String> lines, double repeatMinutes) {
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      if (!line.matches("\\d{1,7}(\\.\\d{1,6})?\\s*,\\s*\\d{1,9}(\\.\\d{1,6})?")) {
        throw new IllegalArgumentException("line " + (i + 1) + " is not minute,demand");
      }
      int comma = line.indexOf(',');
      steps.add(
          new Step(
              Double.parseDouble(line.substring(0, comma)),
              Double.parseDouble(line.substring(comma + 1).strip())));
    }
    return new Demand(steps, repeatMinutes);
  }

  /** A day: quiet at night, its peak in the early afternoon; a step each five minutes. */
  static Demand day(double peak) {
    List<Step> steps = new ArrayList<>();
    for (int minute = 0; minute < 24 * 60; minute += 5) {
      double height = (1 - Math.cos(2 * Math.PI * (minute - 120) / (24 * 60))) / 2;
      steps.add(new Step(minute, Math.round(peak * (0.15 + 0.85 * height * height))));
    }
    return new Demand(steps, 24 * 60);
  }

  double at(double minute) {
    double place = repeatMinutes > 0 ? minute % repeatMinutes : minute;
    double demand = steps.getFirst().demand();
    for (Step step : steps) {
      if (step.minute() > place) {
        break;
      }
      demand = step.demand();
    }
    return demand;
  }
}
