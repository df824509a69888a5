package dev.quintet.autoscaler.decision;

import java.time.Instant;

/** An operator's override, in force before {@code expiresAt}. */
public record Pin(int target, String reason, Instant expiresAt) {}
