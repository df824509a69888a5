package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a heartbeat.
 *
 * @param status always success
 * @param configUpdateNeeded the active configuration is not the one whose hash was sent
 * @param currentConfigHash of the active configuration; null: the node has none
 * @param newConfig its YAML, only if the request asked for it and it is needed
 * @param keyExpiresAt of the key that was used; null: it does not
 */
public record HeartbeatReply(
    String status,
    Instant serverTime,
    boolean configUpdateNeeded,
    @Nullable String currentConfigHash,
    @Nullable String newConfig,
    List<PoolTarget> targets,
    List<ItemError> itemErrors,
    int nextHeartbeatSeconds,
    @Nullable Instant keyExpiresAt) {

  /**
   * An observation that was left out; the rest of the heartbeat stands.
   *
   * @param index its place in pool_analytics
   */
  public record ItemError(int index, String oraclePoolId, String code, String detail) {}
}
