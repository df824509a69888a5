package dev.quintet.common.api.tracker;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What to empty: the instances that have all of the values given, or else single shards. Instances
 * get nothing new until the drain is cancelled, also after it is done; shards leave their present
 * holders once.
 *
 * @param reason for those who read the event later
 */
public record DrainRequest(
    @InvalidAs("invalid_instance_id") @Nullable String instanceId,
    @Nullable String nodeName,
    @Nullable String botVersion,
    @InvalidAs("invalid_shard_id") @Nullable List<Integer> shardIds,
    @Nullable String reason) {

  private static final int MOST = 512;

  public DrainRequest {
    var violations = new Violations();
    if (instanceId != null) {
      Names.checkInstance(violations, instanceId, "/instance_id");
    }
    Names.checkText(violations, nodeName, 253, "/node_name");
    Names.checkText(violations, botVersion, 128, "/bot_version");
    Names.checkText(violations, reason, 256, "/reason");
    boolean instances = Stream.of(instanceId, nodeName, botVersion).anyMatch(Objects::nonNull);
    violations.check(
        instances != (shardIds != null),
        TrackerProblem.INVALID_SELECTION,
        "",
        "must name instance_id, node_name or bot_version, or else shard_ids");
    if (shardIds != null) {
      checkShards(violations, shardIds);
    }
    violations.orThrow();
  }

  private static void checkShards(Violations violations, List<Integer> shardIds) {
    violations.check(
        !shardIds.isEmpty(), TrackerProblem.INVALID_SELECTION, "/shard_ids", "must not be empty");
    violations.check(
        shardIds.size() <= MOST,
        TrackerProblem.TOO_MANY_SHARDS,
        "/shard_ids",
        "must be at most " + MOST);
    for (int i = 0; i < Math.min(shardIds.size(), MOST); i++) {
      Integer shard = shardIds.get(i);
      if (shard == null) {
        violations.add(CommonProblem.REQUIRED, "/shard_ids/" + i, "is required");
      } else {
        violations.check(
            shard >= 0 && shard < 65536,
            TrackerProblem.INVALID_SHARD_ID,
            "/shard_ids/" + i,
            "must be between 0 and 65535");
        violations.check(
            shardIds.indexOf(shard) == i,
            TrackerProblem.DUPLICATE_SHARD,
            "/shard_ids/" + i,
            "is listed before");
      }
    }
  }
}
