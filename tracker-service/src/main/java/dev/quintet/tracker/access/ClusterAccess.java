package dev.quintet.tracker.access;

import dev.quintet.common.api.tracker.Names;
import dev.quintet.common.api.tracker.TrackerProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import dev.quintet.common.security.Caller;
import dev.quintet.common.security.Callers;
import jakarta.enterprise.context.ApplicationScoped;
import org.jspecify.annotations.Nullable;

/** Checks the names in a path, and that the caller's token reaches the cluster. */
@ApplicationScoped
public class ClusterAccess {
  private final Callers callers;

  ClusterAccess(Callers callers) {
    this.callers = callers;
  }

  /**
   * The caller; throws 422 for a name that none can have, 403 for a cluster outside the token's
   * claim.
   */
  public Caller to(String cluster) {
    return to(cluster, null);
  }

  public Caller to(String cluster, @Nullable String instance) {
    var violations = new Violations();
    violations.checkParameter(
        Names.isCluster(cluster),
        TrackerProblem.INVALID_CLUSTER_NAME,
        "cluster",
        Names.CLUSTER_RULE);
    violations.checkParameter(
        instance == null || Names.isInstance(instance),
        TrackerProblem.INVALID_INSTANCE_ID,
        "instance",
        Names.INSTANCE_RULE);
    violations.orThrow();
    var caller = callers.current();
    if (!caller.reaches(cluster)) {
      throw new ProblemException(
          TrackerProblem.CLUSTER_NOT_IN_SCOPE,
          "the claim tracker_clusters of the token does not name " + cluster);
    }
    return caller;
  }

  /** Throws 404 for what is no number that a shard could have. */
  public static int shard(String text) {
    try {
      int shard = Integer.parseInt(text);
      if (shard >= 0) {
        return shard;
      }
    } catch (NumberFormatException e) {
      // no shard has such a name: the same answer as for a number beyond the last
    }
    throw new ProblemException(TrackerProblem.UNKNOWN_SHARD, "shards are numbered from 0");
  }
}
