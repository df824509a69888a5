package dev.quintet.coordination.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PlaceTest {
  private static final String CONTENT = "ab".repeat(32);
  private static final String PREFERENCES = "cd".repeat(16);

  @Test
  void sharedValuesLieWhereTheSeedSays() {
    assertThat(place(null, null).key()).isEqualTo("cache:doc:" + CONTENT + ":" + PREFERENCES);
    assertThat(place("gpt-4o-mini", null).key())
        .isEqualTo("cache:enhance:gpt-4o-mini:" + CONTENT + ":" + PREFERENCES);
  }

  @Test
  void aUsersValueLiesWhereNobodyElseLooks() {
    var keys = new HashSet<String>();
    keys.add(place(null, null).key());
    for (int i = 0; i < 1_000; i++) {
      keys.add(place(null, new UUID(0, i)).key());
    }
    assertThat(keys)
        .hasSize(1_001)
        .allMatch(key -> key.matches("cache:doc:[0-9a-f]{64}:[0-9a-f]{32}"));
    assertThat(place(null, new UUID(0, 7)).key()).isEqualTo(place(null, new UUID(0, 7)).key());
  }

  @Test
  void aValueDependsOnAllThatIsSaidOfIt() {
    var document = UUID.randomUUID();
    var user = UUID.randomUUID();
    var place = Place.of("m", CONTENT, PREFERENCES, document, user, true);
    assertThat(place.generations())
        .extracting(Generation::letter)
        .containsExactly("a", "k", "d", "u", "m");
    assertThat(place.generations())
        .contains(
            Generation.ofDocument(document), Generation.ofUser(user), Generation.ofModel("m"));
  }

  private static Place place(@Nullable String model, @Nullable UUID user) {
    return Place.of(model, CONTENT, PREFERENCES, null, user, user != null);
  }
}
