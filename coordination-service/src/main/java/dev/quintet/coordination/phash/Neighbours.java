package dev.quintet.coordination.phash;

import java.util.ArrayList;
import java.util.List;

/**
 * Of two hashes that differ in at most r of their 64 bits, one of the four slices of 16 bits
 * differs in at most r/4: four such differences would make more than r. So whoever looks up all
 * values that near to each slice finds every hash, and some that are farther, which the exact
 * distance then drops.
 */
final class Neighbours {
  /** Beyond it a slice has so many neighbours that looking at every hash is as quick. */
  static final int FARTHEST = 15;

  private static final int SLICES = 4;
  private static final int SLICE_BITS = 16;
  private static final int SLICE_MASK = 0xffff;

  /** The values with at most 0, 1, 2 and 3 bits: 1, 17, 137 and 697 of them. */
  private static final List<int[]> FLIPS = List.of(flips(0), flips(1), flips(2), flips(3));

  private Neighbours() {}

  /** For each slice, highest bits first, the values it may have in a hash within the distance. */
  static List<Integer[]> of(long hash, int distance) {
    int[] flips = FLIPS.get(distance / SLICES);
    var all = new ArrayList<Integer[]>(SLICES);
    for (int slice = SLICES - 1; slice >= 0; slice--) {
      int value = (int) (hash >>> (slice * SLICE_BITS)) & SLICE_MASK;
      var near = new Integer[flips.length];
      for (int i = 0; i < flips.length; i++) {
        near[i] = value ^ flips[i];
      }
      all.add(near);
    }
    return all;
  }

  private static int[] flips(int bits) {
    return java.util.stream.IntStream.rangeClosed(0, SLICE_MASK)
        .filter(value -> Integer.bitCount(value) <= bits)
        .toArray();
  }
}
