package dev.quintet.coordination.cache;

import dev.quintet.common.api.coordination.CacheScopes;
import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.Hashes;
import dev.quintet.common.api.coordination.Segments;
import dev.quintet.common.api.coordination.Tiers;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import dev.quintet.coordination.cache.MetadataQueries.Keep;
import java.util.Arrays;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Reads the addresses and query parameters of values, and tells all that is wrong in one answer.
 */
final class CacheParameters {
  private static final int LONGEST_TTL = 2_592_000;
  private static final double BEST_QUALITY = 100;

  private final Violations violations = new Violations();

  /** {@code model} null: of a document. */
  Place place(
      @Nullable String model,
      String contentHash,
      String contentName,
      String preferencesHash,
      String preferencesName,
      @Nullable UUID documentId,
      @Nullable UUID userId,
      @Nullable String scope) {
    if (model != null) {
      Segments.checkModelParameter(violations, model, "model");
    }
    Hashes.checkParameter(violations, contentHash, contentName);
    Hashes.checkParameter(violations, preferencesHash, preferencesName);
    String fault = CacheScopes.fault(scope, userId);
    violations.checkParameter(
        fault == null, CoordinationProblem.INVALID_SCOPE, "scope", fault == null ? "" : fault);
    return Place.of(
        model,
        contentHash.toLowerCase(Locale.ROOT),
        preferencesHash.toLowerCase(Locale.ROOT),
        documentId,
        userId,
        userId != null);
  }

  /** The jitter is drawn here, once, so that both stores have the same end. */
  Keep keep(
      @Nullable String complexity,
      @Nullable String quality,
      @Nullable String tier,
      @Nullable String ttlSeconds,
      @Nullable String graceSeconds) {
    String effort = complexity == null ? Lifetime.USUAL_COMPLEXITY : complexity;
    violations.checkParameter(
        Lifetime.COMPLEXITIES.contains(effort),
        CommonProblem.INVALID_PARAMETER,
        "complexity",
        "must be one of " + String.join(", ", Lifetime.COMPLEXITIES));
    violations.checkParameter(
        tier == null || Tiers.ALL.contains(tier),
        CommonProblem.INVALID_PARAMETER,
        "tier",
        "must be one of " + String.join(", ", Tiers.ALL));
    double score = quality == null ? 0 : score(quality);
    violations.checkParameter(
        score >= 0 && score <= BEST_QUALITY,
        CommonProblem.INVALID_PARAMETER,
        "quality_score",
        "must be a number from 0 to 100");
    int ttl = ttlSeconds == null ? 1 : seconds(ttlSeconds);
    violations.checkParameter(
        ttl >= 1 && ttl <= LONGEST_TTL,
        CoordinationProblem.TTL_OUT_OF_RANGE,
        "ttl_seconds",
        "must be from 1 to " + LONGEST_TTL);
    var seconds =
        ttlSeconds == null
            ? new Lifetime(effort, score, ThreadLocalRandom.current().nextDouble()).byTier()
            : same(ttl);
    int grace = graceSeconds == null ? 0 : seconds(graceSeconds);
    violations.checkParameter(
        grace >= 0 && grace <= LONGEST_TTL - seconds[seconds.length - 1],
        CoordinationProblem.TTL_OUT_OF_RANGE,
        "grace_seconds",
        "must be from 0, and with the time to live at most " + LONGEST_TTL);
    return new Keep(seconds, tier, grace);
  }

  void orThrow() {
    violations.orThrow();
  }

  private static Integer[] same(int seconds) {
    var all = new Integer[Tiers.ALL.size()];
    Arrays.fill(all, seconds);
    return all;
  }

  private static int seconds(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private static double score(String text) {
    try {
      double score = Double.parseDouble(text);
      return Double.isNaN(score) ? -1 : score;
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
