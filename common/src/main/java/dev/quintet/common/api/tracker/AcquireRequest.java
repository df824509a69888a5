package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonCreator;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import io.netty.util.NetUtil;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A pod asks for shards, or confirms those it has. The same (instance_id, incarnation) again gets
 * the same shards.
 *
 * @param instanceId name of the pod; unique in the cluster
 * @param incarnation made once when the process starts, so that a restart can be told from a retry
 * @param podUid Kubernetes' uid of the pod: lets its restarted process have its shards back at once
 * @param want how many shards in all, held ones included (default 1)
 * @param min fewer than this are not taken (default 1)
 * @param maxShards how many it could hold, for offers later (default: want)
 * @param generation the layout that serves (default), or during a reshard the next one
 * @param standby wait in line when nothing is free
 * @param expectedTotalShards refuse (409) when the cluster has another number
 */
public record AcquireRequest(
    @InvalidAs("invalid_instance_id") @Nullable String instanceId,
    @InvalidAs("invalid_incarnation") @Nullable UUID incarnation,
    @Nullable String podUid,
    @InvalidAs("invalid_want") @Nullable Integer want,
    @InvalidAs("invalid_want") @Nullable Integer min,
    @InvalidAs("invalid_want") @Nullable Integer maxShards,
    @Nullable Layout generation,
    @Nullable Boolean standby,
    @InvalidAs("invalid_total_shards") @Nullable Integer expectedTotalShards,
    @Nullable String hostname,
    @InvalidAs("invalid_pod_ip") @Nullable String podIp,
    @Nullable String nodeName,
    @Nullable String namespace,
    @Nullable String zone,
    @Nullable String botVersion,
    @Nullable String deploymentVersion) {

  private static final int MOST = 256;
  private static final Pattern IP =
      Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]{2,45}");

  /** Which of two layouts side by side. */
  public enum Layout {
    SERVING,
    NEXT;

    @JsonCreator
    static Layout of(String name) {
      return valueOf(name.toUpperCase(Locale.ROOT));
    }
  }

  public AcquireRequest {
    var violations = new Violations();
    Names.checkInstance(violations, instanceId, "/instance_id");
    Names.checkIncarnation(violations, incarnation, "/incarnation");
    int wanted = want == null ? 1 : want;
    violations.check(
        wanted >= 1 && wanted <= MOST,
        TrackerProblem.INVALID_WANT,
        "/want",
        "must be between 1 and 256");
    violations.check(
        min == null || (min >= 1 && min <= wanted),
        TrackerProblem.INVALID_WANT,
        "/min",
        "must be between 1 and want");
    violations.check(
        maxShards == null || (maxShards >= wanted && maxShards <= MOST),
        TrackerProblem.INVALID_WANT,
        "/max_shards",
        "must be between want and 256");
    violations.check(
        expectedTotalShards == null || (expectedTotalShards >= 1 && expectedTotalShards <= 65536),
        TrackerProblem.INVALID_TOTAL_SHARDS,
        "/expected_total_shards",
        "must be between 1 and 65536");
    violations.check(
        podIp == null || isAddress(podIp),
        TrackerProblem.INVALID_POD_IP,
        "/pod_ip",
        "must be an IPv4 or IPv6 address");
    Names.checkText(violations, podUid, 128, "/pod_uid");
    Names.checkText(violations, hostname, 253, "/hostname");
    Names.checkText(violations, nodeName, 253, "/node_name");
    Names.checkText(violations, namespace, 253, "/namespace");
    Names.checkText(violations, zone, 128, "/zone");
    Names.checkText(violations, botVersion, 128, "/bot_version");
    Names.checkText(violations, deploymentVersion, 128, "/deployment_version");
    violations.orThrow();
  }

  private static boolean isAddress(String text) {
    // Only what looks like an address, as PostgreSQL's inet would also take a network or a zone.
    return IP.matcher(text).matches()
        && (NetUtil.isValidIpV4Address(text) || NetUtil.isValidIpV6Address(text));
  }
}
