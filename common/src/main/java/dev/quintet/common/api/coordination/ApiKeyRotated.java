package dev.quintet.common.api.coordination;

import java.time.Instant;

/**
 * A model's keys after a rotation.
 *
 * @param version of the new primary
 * @param fingerprint the first 16 digits of its SHA-256
 * @param previousVersion of the old primary, now the fallback
 * @param previousRetiresAt from then on it is not leased any more
 */
public record ApiKeyRotated(
    String model,
    int version,
    String fingerprint,
    int previousVersion,
    Instant previousRetiresAt) {}
