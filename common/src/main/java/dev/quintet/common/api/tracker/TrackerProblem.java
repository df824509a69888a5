package dev.quintet.common.api.tracker;

import dev.quintet.common.problem.ProblemType;
import java.util.Locale;
import java.util.Optional;

/** What tracker-service refuses, and how. The code is the constant's name in lower case. */
public enum TrackerProblem implements ProblemType {
  CLUSTER_NOT_IN_SCOPE(403, "The token is for other clusters"),
  UNKNOWN_CLUSTER(404, "There is no such cluster"),
  UNKNOWN_INSTANCE(404, "The cluster has no such instance"),
  UNKNOWN_SHARD(404, "The cluster has no such shard"),
  UNKNOWN_FUNCTION(404, "There is no such function"),
  UNKNOWN_RESHARD(404, "There is no such reshard plan"),
  UNKNOWN_DRAIN(404, "There is no such drain"),
  NO_NEXT_GENERATION(404, "The cluster is not being resharded"),
  NOTHING_MATCHES(404, "Nothing in the cluster matches the selection"),

  NO_SHARD_AVAILABLE(409, "All shards are held"),
  INSTANCE_STILL_LIVE(409, "Another process of this name is alive"),
  INCARNATION_SUPERSEDED(409, "A later process has taken this name"),
  OTHER_GENERATION_HELD(409, "The instance holds shards of another generation"),
  TOTAL_SHARDS_MISMATCH(409, "The cluster has another number of shards"),
  LEASE_LOST(409, "None of the leases is the caller's any more"),
  STALE_EPOCH(409, "The epoch is not the live one"),
  SHARD_HELD(409, "The shard is leased to somebody else"),
  INSTANCE_FENCED(409, "The instance holds fenced leases"),
  CLUSTER_EXISTS(409, "A cluster of this name exists"),
  USE_RESHARD(409, "total_shards changes by a reshard only"),
  LEASES_LIVE(409, "Shards of the cluster are held"),
  RESHARD_RUNNING(409, "A reshard is running"),
  RESHARD_NOT_READY(409, "The next generation is not ready"),
  RESHARD_OVER(409, "The reshard is over"),
  TOTAL_SHARDS_UNCHANGED(409, "The cluster has this number of shards already"),
  DRAIN_IN_FORCE(409, "A drain selects the same already"),
  REBALANCE_RUNNING(409, "A rebalance is running"),
  IDENTIFY_BUDGET_TOO_SMALL(409, "The application has too few identifies left"),
  CONFIG_VERSION_MISMATCH(412, "The cluster has changed since it was read"),
  IF_MATCH_REQUIRED(428, "A change must name the version that it was decided on"),

  INVALID_CLUSTER_NAME(422, "The cluster's name is not acceptable"),
  INVALID_INSTANCE_ID(422, "The instance's name is not acceptable"),
  INVALID_INCARNATION(422, "The incarnation is not a UUID"),
  INVALID_WANT(422, "The number of shards asked for is not acceptable"),
  INVALID_TOTAL_SHARDS(422, "The number of shards is not acceptable"),
  INVALID_EPOCH(422, "The epoch is not acceptable"),
  INVALID_SHARD_ID(422, "The shard is not acceptable"),
  DUPLICATE_SHARD(422, "A shard is listed twice"),
  TOO_MANY_SHARDS(422, "Too many shards in one request"),
  INVALID_POD_IP(422, "The address is not an IP address"),
  INVALID_METRIC(422, "A figure is out of range"),
  INVALID_SESSION(422, "The resume state is not acceptable"),
  INVALID_GUILD_ID(422, "The guild is not a Discord id"),
  INVALID_SETTING(422, "A setting is out of range"),
  INVALID_THRESHOLD(422, "The threshold is not acceptable"),
  INVALID_TEXT(422, "A text is too long or has control characters"),
  INVALID_ATTEMPT(422, "The attempt is out of range"),
  INVALID_SELECTION(422, "The selection is not acceptable"),

  IDENTIFY_WAIT_TOO_LONG(429, "The next free identify slot is too far away"),
  SESSION_START_BUDGET_EXHAUSTED(429, "The application has used its identifies"),
  SHARD_CRASH_LOOP(429, "The shard identifies too often");

  private final int status;
  private final String title;

  TrackerProblem(int status, String title) {
    this.status = status;
    this.title = title;
  }

  @Override
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public int status() {
    return status;
  }

  @Override
  public String title() {
    return title;
  }

  /** The problem that a function of the database named in its error. */
  public static Optional<TrackerProblem> ofCode(String code) {
    for (TrackerProblem problem : values()) {
      if (problem.code().equals(code)) {
        return Optional.of(problem);
      }
    }
    return Optional.empty();
  }
}
