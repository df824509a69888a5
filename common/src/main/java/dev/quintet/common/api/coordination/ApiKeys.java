package dev.quintet.common.api.coordination;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What may be known of a model's keys. */
public record ApiKeys(String model, List<Key> keys) {
  public ApiKeys {
    keys = List.copyOf(keys);
  }

  /**
   * One key.
   *
   * @param slot primary or fallback
   * @param fingerprint the first 16 digits of the key's SHA-256
   * @param kekId the key that its data key is wrapped with
   * @param state active, or retiring until {@code retireAt}
   * @param usageCount leases, some seconds behind
   * @param outUntil the provider refused it twice, so it is not leased until then; null: it is
   */
  public record Key(
      String slot,
      int version,
      String fingerprint,
      String kekId,
      String state,
      long usageCount,
      Instant createdAt,
      @Nullable Instant retireAt,
      @Nullable Instant outUntil) {

    /** As this one, with what is known of it beside the database. */
    public Key withOutUntil(@Nullable Instant until) {
      return new Key(
          slot, version, fingerprint, kekId, state, usageCount, createdAt, retireAt, until);
    }
  }
}
