package dev.quintet.coordination.modelkey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quintet.coordination.modelkey.Envelopes.Opened;
import dev.quintet.coordination.modelkey.Envelopes.Place;
import dev.quintet.coordination.modelkey.Envelopes.Rewrapped;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnvelopesTest {
  private static final String SECRET = "sk-live-0123456789abcdefghijklmnop";
  private static final Place HERE = new Place("gpt-4o-mini", "primary", 3);

  private static String kek(int seed) {
    byte[] bytes = new byte[32];
    new java.util.Random(seed).nextBytes(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static Keks keks(@Nullable String active, Map<String, String> keys) {
    return new Keks(
        new KekConfig() {
          @Override
          public Map<String, String> keys() {
            return keys;
          }

          @Override
          public Optional<String> active() {
            return Optional.ofNullable(active);
          }
        });
  }

  private final Keks both = keks("a", Map.of("a", kek(1), "b", kek(2)));
  private final Envelopes envelopes = new Envelopes(both);

  private String sealed() {
    return envelopes.seal(SECRET, HERE, both.active().orElseThrow());
  }

  @Test
  void whatWasSealedComesOutAgain() {
    assertThat(sealed())
        .matches("v1\\.a\\.[\\w-]{80}\\.[\\w-]{16}\\.[\\w-]+")
        .doesNotContain(SECRET);
    assertThat(envelopes.open(sealed(), HERE)).isEqualTo(new Opened.Plain(SECRET));
  }

  @Test
  void noTwoEnvelopesAreAlike() {
    String[] one = sealed().split("\\.");
    String[] other = sealed().split("\\.");
    for (int i = 2; i < 5; i++) {
      assertThat(one[i]).isNotEqualTo(other[i]);
    }
  }

  @Test
  void anEnvelopeOpensOnlyInItsPlace() {
    String envelope = sealed();
    for (var elsewhere :
        new Place[] {
          new Place("gpt-4o", "primary", 3),
          new Place("gpt-4o-mini", "fallback", 3),
          new Place("gpt-4o-mini", "primary", 4)
        }) {
      assertThat(envelopes.open(envelope, elsewhere)).isEqualTo(new Opened.Broken());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void aChangedBitIsFound(int part) {
    String[] parts = sealed().split("\\.");
    byte[] bytes = Base64.getUrlDecoder().decode(parts[part]);
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] ^= 1;
      parts[part] = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
      assertThat(envelopes.open(String.join(".", parts), HERE)).isEqualTo(new Opened.Broken());
      bytes[i] ^= 1;
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "v1", "v2.a.b.c.d", "v1.a.b.c", "v1.a.....", "v1.a.%%.%%.%%", "v1.a..."})
  void whatIsNoEnvelopeIsBroken(String text) {
    assertThat(envelopes.open(text, HERE)).isInstanceOf(Opened.Broken.class);
  }

  @Test
  void wrappedAnewItNeedsTheOtherKeyOnly() {
    String before = sealed();
    var done = (Rewrapped.Done) envelopes.rewrap(before, HERE, both.find("b").orElseThrow());
    assertThat(done.envelope())
        .startsWith("v1.b.")
        .endsWith(before.substring(before.indexOf('.', 90)));
    assertThat(new Envelopes(keks(null, Map.of("b", kek(2)))).open(done.envelope(), HERE))
        .isEqualTo(new Opened.Plain(SECRET));
    var without = new Envelopes(keks(null, Map.of("a", kek(1))));
    assertThat(without.open(done.envelope(), HERE)).isEqualTo(new Opened.UnknownKek("b"));
    assertThat(without.rewrap(done.envelope(), HERE, both.active().orElseThrow()))
        .isEqualTo(new Rewrapped.Not(new Opened.UnknownKek("b")));
    // The same id with another key.
    assertThat(new Envelopes(keks(null, Map.of("b", kek(3)))).open(done.envelope(), HERE))
        .isEqualTo(new Opened.Broken());
  }

  @Test
  void keysThatCannotBeUsedStopTheService() {
    assertThat(keks(null, Map.of()).active()).isEmpty();
    assertThat(keks(null, Map.of("one", kek(1))).active()).map(Keks.Kek::id).contains("one");
    assertThatThrownBy(() -> keks(null, Map.of("a", kek(1), "b", kek(2))))
        .hasMessageContaining("active");
    assertThatThrownBy(() -> keks("c", Map.of("a", kek(1)))).hasMessageContaining("c");
    assertThatThrownBy(() -> keks(null, Map.of("a.b", kek(1)))).hasMessageContaining("letters");
    assertThatThrownBy(() -> keks(null, Map.of("a", "c2hvcnQ="))).hasMessageContaining("32 bytes");
    assertThatThrownBy(() -> keks(null, Map.of("a", "?"))).hasMessageContaining("Base64");
  }

  @Test
  void noTextOfOursSaysAKey() {
    assertThat(new Opened.Plain(SECRET).toString()).doesNotContain(SECRET);
    assertThat(both.active().orElseThrow().toString()).isEqualTo("Kek[a]");
  }
}
