package dev.quintet.tracker.plan;

import dev.quintet.common.api.tracker.TrackerProblem;
import dev.quintet.common.problem.ProblemException;
import java.util.regex.Pattern;

/** Numbers of plans as they stand in a path; what is no number is no plan's. */
final class PlanIds {
  private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,17}");

  private PlanIds() {}

  static long reshard(String id) {
    return number(id, TrackerProblem.UNKNOWN_RESHARD);
  }

  static long drain(String id) {
    return number(id, TrackerProblem.UNKNOWN_DRAIN);
  }

  static ProblemException unknownCluster(String cluster) {
    return new ProblemException(TrackerProblem.UNKNOWN_CLUSTER, "no cluster named " + cluster);
  }

  private static long number(String id, TrackerProblem unknown) {
    if (!NUMBER.matcher(id).matches()) {
      throw new ProblemException(unknown, "plans are numbered from 1");
    }
    return Long.parseLong(id);
  }
}
