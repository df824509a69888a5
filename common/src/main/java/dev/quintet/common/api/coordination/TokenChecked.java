package dev.quintet.common.api.coordination;

import org.jspecify.annotations.Nullable;

/**
 * Whether a lease is live.
 *
 * @param currentToken the highest live one of the key; null: nobody has it
 * @param ttlRemainingMs of the lease that was asked about, else of the one with the current token
 */
public record TokenChecked(
    boolean valid, @Nullable Long currentToken, @Nullable Long ttlRemainingMs) {}
