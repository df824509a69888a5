package dev.quintet.common.api.autoscaler;

import org.jspecify.annotations.Nullable;

/**
 * What an agent is told that registered itself. The key is shown this once: only its hash is kept.
 *
 * @param apiKey null where the answer is a repeat of one that showed it
 */
public record NodeRegistered(
    int nodeId,
    @Nullable String apiKey,
    String name,
    String region,
    int heartbeatIntervalSeconds,
    boolean keyAlreadyShown) {
  /** What a repeat of the request is told. */
  public NodeRegistered again() {
    return new NodeRegistered(nodeId, null, name, region, heartbeatIntervalSeconds, true);
  }
}
