package dev.quintet.coordination.phash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NeighboursTest {
  @ParameterizedTest
  @CsvSource({"0, 1", "3, 1", "4, 17", "7, 17", "8, 137", "11, 137", "12, 697", "15, 697"})
  void aSliceHasAsManyNeighboursAsThereAreWaysToDiffer(int distance, int probes) {
    for (var slice : Neighbours.of(0x0123456789abcdefL, distance)) {
      assertThat(slice).hasSize(probes).doesNotHaveDuplicates();
      assertThat(slice).allMatch(value -> value >= 0 && value <= 0xffff);
    }
  }

  @Test
  void theHashItselfIsAmongThem() {
    var slices = Neighbours.of(0xfedc_0000_ffff_8001L, 0);
    assertThat(slices)
        .containsExactly(
            new Integer[] {0xfedc},
            new Integer[] {0},
            new Integer[] {0xffff},
            new Integer[] {0x8001});
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void everyHashWithinTheDistanceSharesASlice(long seed) {
    var random = new Random(seed);
    for (int distance = 0; distance <= Neighbours.FARTHEST; distance++) {
      for (int i = 0; i < 200; i++) {
        long hash = random.nextLong();
        long other = flipped(random, hash, distance);
        assertThat(met(hash, other, distance)).as("%x %x %d", hash, other, distance).isTrue();
      }
    }
  }

  private static boolean met(long hash, long other, int distance) {
    var slices = Neighbours.of(hash, distance);
    for (int i = 0; i < slices.size(); i++) {
      int value = (int) (other >>> (16 * (slices.size() - 1 - i))) & 0xffff;
      if (new HashSet<>(Arrays.asList(slices.get(i))).contains(value)) {
        return true;
      }
    }
    return false;
  }

  private static long flipped(Random random, long hash, int bits) {
    long other = hash;
    while (Long.bitCount(hash ^ other) < bits) {
      other = hash ^ ((hash ^ other) | 1L << random.nextInt(64));
    }
    return other;
  }
}
