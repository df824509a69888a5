package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Has this been computed already, for this content or one that looks like it?
 *
 * @param type document, or enhancement by a model
 * @param contentHash 16 to 128 hexadecimal digits
 * @param preferences an object; how it is written does not matter, and style, colorScheme and
 *     targetAudience are default unless said
 * @param perceptualHash 16 hexadecimal digits: look for what is similar too
 * @param minSimilarity 0.5 to 1, 0.85 unless said
 * @param model of an enhancement, and only there
 * @param userId whose value it is
 * @param scope user where there is a user_id, else shared
 * @param documentId whose change is to refuse what is computed from now on
 * @param coalesce whether only one of many callers is to compute
 */
public record CacheLookupRequest(
    @InvalidAs("invalid_cache_type") @Nullable String type,
    @InvalidAs("invalid_hash") @Nullable String contentHash,
    @Nullable JsonNode preferences,
    @InvalidAs("bad_phash") @Nullable String perceptualHash,
    @InvalidAs("distance_out_of_range") @Nullable Double minSimilarity,
    @InvalidAs("invalid_key_segment") @Nullable String model,
    @Nullable UUID userId,
    @InvalidAs("invalid_scope") @Nullable String scope,
    @Nullable UUID documentId,
    @Nullable Boolean coalesce) {
  private static final double USUAL_SIMILARITY = 0.85;

  public CacheLookupRequest {
    contentHash = contentHash == null ? null : contentHash.toLowerCase(Locale.ROOT);
    perceptualHash = perceptualHash == null ? null : perceptualHash.toLowerCase(Locale.ROOT);
    preferences = preferences == null || preferences.isNull() ? null : preferences;
    var violations = new Violations();
    CacheTypes.check(violations, type, model);
    Hashes.check(violations, contentHash, "/content_hash");
    violations.check(
        preferences == null || preferences.isObject(),
        CommonProblem.WRONG_TYPE,
        "/preferences",
        "must be an object");
    if (perceptualHash != null) {
      Hashes.checkPerceptual(violations, perceptualHash, "/perceptual_hash");
    }
    SimilarRequest.checkSimilarity(violations, minSimilarity);
    CacheScopes.check(violations, scope, userId);
    violations.orThrow();
  }

  public String contentHash() {
    return Objects.requireNonNull(contentHash);
  }

  /** Of the 64 bits of a perceptual hash, how many may differ. */
  public int distance() {
    return SimilarRequest.distanceOf(Objects.requireNonNullElse(minSimilarity, USUAL_SIMILARITY));
  }
}
