package dev.quintet.common.api.autoscaler;

import org.jspecify.annotations.Nullable;

/**
 * A node just made, with its key. The key is shown this once: only its hash is kept.
 *
 * @param apiKey null where the answer is a repeat of one that showed it
 */
public record NodeWithKey(Node node, @Nullable String apiKey, boolean keyAlreadyShown) {
  /** What a repeat of the request is told. */
  public NodeWithKey again() {
    return new NodeWithKey(node, null, true);
  }
}
