package dev.quintet.autoscaler.decision;

import java.time.Instant;

/** What the policies together wished at an instant: one row of the stabilisation memory. */
public record Wish(Instant at, int instances) {}
