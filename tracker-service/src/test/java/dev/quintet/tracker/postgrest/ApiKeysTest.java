package dev.quintet.tracker.postgrest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeysTest {
  private static String hash(String key) {
    return HexFormat.of().formatHex(ApiKeys.sha256(key));
  }

  @Test
  void aKeyIsKnownByItsHash() {
    var keys =
        ApiKeys.of(
            List.of(hash("one"), " " + hash("two").toUpperCase(java.util.Locale.ROOT) + " "));
    assertThat(keys.find("one")).hasValue("api-key-" + hash("one").substring(0, 8));
    assertThat(keys.find("two")).isPresent();
    assertThat(keys.find("three")).isEmpty();
    assertThat(keys.find(hash("one"))).isEmpty();
    assertThat(keys.find("")).isEmpty();
  }

  @Test
  void withoutHashesNoKeyIsKnown() {
    assertThat(ApiKeys.of(List.of()).find("")).isEmpty();
    assertThat(ApiKeys.of(List.of()).isEmpty()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "one", "my-secret-key", "0123456789abcdef"})
  void aKeyWrittenDownInTheClearStopsTheStart(String notAHash) {
    assertThatThrownBy(() -> ApiKeys.of(List.of(notAHash)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("SHA-256");
  }

  @Test
  void productionDoesNotStartWithTheDevelopmentKey() {
    var development = List.of(hash("k3Jd9s0vLq"), hash(ApiKeys.DEVELOPMENT));
    assertThatThrownBy(() -> provider(development, false).refuseUnfit(true))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("not fit for production")
        .hasMessageContaining("QUINTET_ALLOW_DEVELOPMENT_SECRETS")
        .hasMessageNotContaining(ApiKeys.DEVELOPMENT);
    assertThatCode(() -> provider(development, true).refuseUnfit(true)).doesNotThrowAnyException();
    assertThatCode(() -> provider(development, false).refuseUnfit(false))
        .doesNotThrowAnyException();
    assertThatCode(() -> provider(List.of(hash("k3Jd9s0vLq")), false).refuseUnfit(true))
        .doesNotThrowAnyException();
  }

  private static ApiKeyIdentityProvider provider(List<String> hashes, boolean allowed) {
    return new ApiKeyIdentityProvider(
        new PostgrestConfig() {
          @Override
          public Optional<List<String>> apiKeys() {
            return Optional.of(hashes);
          }

          @Override
          public int mostRows() {
            return 1000;
          }
        },
        allowed);
  }

  @Test
  void aKeyThatAnybodyCanGuessIsNoticed() {
    assertThat(ApiKeys.of(List.of(hash(ApiKeys.DEVELOPMENT))).guessable()).isTrue();
    assertThat(ApiKeys.of(List.of(hash(""))).guessable()).isTrue();
    assertThat(ApiKeys.of(List.of(hash("k3Jd9s0vLq"))).guessable()).isFalse();
  }
}
