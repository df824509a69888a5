package dev.quintet.autoscaler.decision;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The last change of the standing target.
 *
 * @param reachedAt when the pool was first seen at that target; null: not yet
 */
public record LastScale(Instant at, @Nullable Instant reachedAt) {}
