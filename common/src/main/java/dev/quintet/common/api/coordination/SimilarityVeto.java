package dev.quintet.common.api.coordination;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A similar_hit that was none: the document's values are not served for this hash again.
 *
 * @param documentId whom the value was computed for
 * @param perceptualHash that was looked up
 */
public record SimilarityVeto(
    @Nullable UUID documentId, @InvalidAs("bad_phash") @Nullable String perceptualHash) {
  public SimilarityVeto {
    perceptualHash = perceptualHash == null ? null : perceptualHash.toLowerCase(Locale.ROOT);
    var violations = new Violations();
    violations.required(documentId, "/document_id");
    Hashes.checkPerceptual(violations, perceptualHash, "/perceptual_hash");
    violations.orThrow();
  }

  public UUID documentId() {
    return Objects.requireNonNull(documentId);
  }

  public String perceptualHash() {
    return Objects.requireNonNull(perceptualHash);
  }
}
