package dev.quintet.coordination.modelkey;

import dev.quintet.coordination.modelkey.Envelopes.Place;
import org.jspecify.annotations.Nullable;

/**
 * A key in its envelope.
 *
 * @param retireAtMs ms since 1970 from which it is not leased; null: no end is set
 */
record Sealed(String slot, int version, String envelope, @Nullable Long retireAtMs) {
  Place place(String model) {
    return new Place(model, slot, version);
  }
}
