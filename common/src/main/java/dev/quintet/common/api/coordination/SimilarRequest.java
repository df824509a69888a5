package dev.quintet.common.api.coordination;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which documents look like this? Up to 15 bits an index answers, above that every hash is looked
 * at.
 *
 * @param phash 16 hexadecimal digits
 * @param maxDistance 0 to 32 bits of the 64; 9 where neither it nor min_similarity is said
 * @param minSimilarity instead of max_distance: 0.5 to 1, the part of the bits that must agree
 * @param limit 1 to 100, 50 unless said
 */
public record SimilarRequest(
    @InvalidAs("bad_phash") @Nullable String phash,
    @InvalidAs("distance_out_of_range") @Nullable Integer maxDistance,
    @InvalidAs("distance_out_of_range") @Nullable Double minSimilarity,
    @InvalidAs("invalid_limit") @Nullable Integer limit) {
  public static final int FARTHEST = 32;
  private static final double BITS = 64;
  private static final double LEAST_SIMILAR = 1 - FARTHEST / BITS;
  private static final double USUAL_SIMILARITY = 0.85;
  private static final int USUAL_LIMIT = 50;
  private static final int LARGEST_LIMIT = 100;

  public SimilarRequest {
    phash = phash == null ? null : phash.toLowerCase(Locale.ROOT);
    var violations = new Violations();
    Hashes.checkPerceptual(violations, phash, "/phash");
    violations.check(
        maxDistance == null || (maxDistance >= 0 && maxDistance <= FARTHEST),
        CoordinationProblem.DISTANCE_OUT_OF_RANGE,
        "/max_distance",
        "must be from 0 to " + FARTHEST);
    checkSimilarity(violations, minSimilarity);
    violations.check(
        maxDistance == null || minSimilarity == null,
        CommonProblem.INVALID_VALUE,
        "/min_similarity",
        "must not be given with max_distance");
    violations.check(
        limit == null || (limit >= 1 && limit <= LARGEST_LIMIT),
        CommonProblem.INVALID_LIMIT,
        "/limit",
        "must be from 1 to " + LARGEST_LIMIT);
    violations.orThrow();
  }

  static void checkSimilarity(Violations violations, @Nullable Double similarity) {
    violations.check(
        similarity == null || (similarity >= LEAST_SIMILAR && similarity <= 1),
        CoordinationProblem.DISTANCE_OUT_OF_RANGE,
        "/min_similarity",
        "must be from " + LEAST_SIMILAR + " to 1");
  }

  /** Of two hashes in how many bits: the most that is still this similar. */
  public static int distanceOf(double similarity) {
    // What is a whole number of bits on paper must not fall below it by a rounding.
    return (int) Math.floor((1 - similarity) * BITS + 1e-9);
  }

  public String phash() {
    return Objects.requireNonNull(phash);
  }

  /** In bits. */
  public int distance() {
    return maxDistance != null
        ? maxDistance
        : distanceOf(Objects.requireNonNullElse(minSimilarity, USUAL_SIMILARITY));
  }

  public int most() {
    return Objects.requireNonNullElse(limit, USUAL_LIMIT);
  }
}
