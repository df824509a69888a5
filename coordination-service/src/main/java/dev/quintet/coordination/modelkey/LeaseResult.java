package dev.quintet.coordination.modelkey;

import dev.quintet.common.api.coordination.ApiKeyLease;
import org.jspecify.annotations.Nullable;

/** What became of the wish for a key. */
public sealed interface LeaseResult {
  record Leased(ApiKeyLease lease) implements LeaseResult {}

  /** The model never had a key. */
  record UnknownModel() implements LeaseResult {}

  /**
   * All its keys are out or revoked.
   *
   * @param retryAfterMs null: only a new key helps
   */
  record NoUsableKey(@Nullable Long retryAfterMs) implements LeaseResult {}

  /** The key-encryption key that it is sealed with is not here. */
  record KekMissing() implements LeaseResult {}
}
