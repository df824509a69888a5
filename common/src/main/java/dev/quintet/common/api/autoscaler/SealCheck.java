package dev.quintet.common.api.autoscaler;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether the audit trail is as it was sealed.
 *
 * @param valid no seal is broken
 * @param unsealed rows that are too new to be under a seal yet
 * @param broken the first hundred
 * @param newest to be kept elsewhere: whoever rewrites the whole chain cannot give it this hash
 */
public record SealCheck(
    boolean valid,
    long seals,
    long rows,
    long unsealed,
    List<BrokenSeal> broken,
    @Nullable Seal newest) {

  /** A seal that does not fit what is there now; {@code fault} says how. */
  public record BrokenSeal(long sealId, long fromId, long toId, String fault) {}

  /** The last seal, its hash in hex. */
  public record Seal(long sealId, long toId, String sha256, Instant sealedAt) {}
}
