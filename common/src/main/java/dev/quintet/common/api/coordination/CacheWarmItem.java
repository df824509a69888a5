package dev.quintet.common.api.coordination;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The two hashes of a value's address, each 16 to 128 hexadecimal digits. */
public record CacheWarmItem(
    @InvalidAs("invalid_hash") @Nullable String contentHash,
    @InvalidAs("invalid_hash") @Nullable String preferencesHash) {
  public CacheWarmItem {
    contentHash = contentHash == null ? null : contentHash.toLowerCase(Locale.ROOT);
    preferencesHash = preferencesHash == null ? null : preferencesHash.toLowerCase(Locale.ROOT);
    var violations = new Violations();
    Hashes.check(violations, contentHash, "/content_hash");
    Hashes.check(violations, preferencesHash, "/preferences_hash");
    violations.orThrow();
  }

  public String contentHash() {
    return Objects.requireNonNull(contentHash);
  }

  public String preferencesHash() {
    return Objects.requireNonNull(preferencesHash);
  }
}
