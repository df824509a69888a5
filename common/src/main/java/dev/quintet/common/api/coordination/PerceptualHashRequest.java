package dev.quintet.common.api.coordination;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a document looks like.
 *
 * @param phash 64 bits as 16 hexadecimal digits
 */
public record PerceptualHashRequest(@InvalidAs("bad_phash") @Nullable String phash) {
  public PerceptualHashRequest {
    phash = phash == null ? null : phash.toLowerCase(Locale.ROOT);
    var violations = new Violations();
    Hashes.checkPerceptual(violations, phash, "/phash");
    violations.orThrow();
  }

  public String phash() {
    return Objects.requireNonNull(phash);
  }
}
