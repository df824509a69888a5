package dev.quintet.common.api.coordination;

import org.jspecify.annotations.Nullable;

/**
 * The keys of a model after they were set.
 *
 * @param version of the primary
 * @param fingerprint the first 16 digits of the primary's SHA-256
 * @param fallbackFingerprint null: there is none
 */
public record ApiKeyStored(
    String model, int version, String fingerprint, @Nullable String fallbackFingerprint) {}
