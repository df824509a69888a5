package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A node's new key. It is shown this once: only its hash is kept.
 *
 * @param apiKey null where the answer is a repeat of one that showed it
 * @param keyPrefix its first 8 characters, as logs name it
 * @param olderKeysExpireAt when the last of the keys before it ends; null where there is none
 */
public record NodeKeyIssued(
    int nodeId,
    @Nullable String apiKey,
    String keyPrefix,
    @Nullable Instant olderKeysExpireAt,
    boolean keyAlreadyShown) {
  /** What a repeat of the request is told. */
  public NodeKeyIssued again() {
    return new NodeKeyIssued(nodeId, null, keyPrefix, olderKeysExpireAt, true);
  }
}
