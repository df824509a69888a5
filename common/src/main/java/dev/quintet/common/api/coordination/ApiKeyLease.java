package dev.quintet.common.api.coordination;

/**
 * A key to call a model with, once.
 *
 * @param slot primary or fallback
 * @param apiKey as the provider gave it out; not to be kept
 */
public record ApiKeyLease(String model, String slot, int version, String apiKey) {
  @Override
  public String toString() {
    return "ApiKeyLease[masked]";
  }
}
