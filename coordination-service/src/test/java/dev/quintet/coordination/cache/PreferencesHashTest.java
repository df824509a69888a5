package dev.quintet.coordination.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreferencesHashTest {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  @Test
  void nothingSaidIsTheDefaults() {
    assertThat(PreferencesHash.canonical(null))
        .isEqualTo(
            "{\"colorScheme\":\"default\",\"style\":\"default\",\"targetAudience\":\"default\"}");
    assertThat(PreferencesHash.of(null)).matches("[0-9a-f]{32}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|{\"style\":\"default\"}",
        "{}|{\"style\":null}",
        "{}|{\"other\":null}",
        "{\"style\":\"a\",\"size\":2}|{\"size\":2,\"style\":\"a\"}",
        "{\"size\":2}|{\"size\":2.0}",
        "{\"size\":200}|{\"size\":2e2}",
        "{\"size\":0}|{\"size\":-0.0}",
        "{\"name\":\"caf\\u00e9\"}|{\"name\":\"cafe\\u0301\"}",
        "{\"caf\\u00e9\":1}|{\"cafe\\u0301\":1}",
        "{\"deep\":{\"b\":1,\"a\":[{\"d\":null,\"c\":1}]}}|{\"deep\":{\"a\":[{\"c\":1}],\"b\":1}}"
      })
  void oneWishIsOneHashHoweverItIsWritten(String one, String other) {
    assertThat(hash(one)).isEqualTo(hash(other));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|{\"style\":\"modern\"}",
        "{\"size\":2}|{\"size\":\"2\"}",
        "{\"size\":2}|{\"size\":3}",
        "{\"on\":true}|{\"on\":\"true\"}",
        "{\"list\":[1,2]}|{\"list\":[2,1]}",
        "{\"list\":[1,null,2]}|{\"list\":[1,2]}",
        "{\"a\":\"b\\\",\\\"c\\\":\\\"d\"}|{\"a\":\"b\",\"c\":\"d\"}",
        "{\"a\":{}}|{\"a\":[]}",
        "{\"A\":1}|{\"a\":1}"
      })
  void anotherWishIsAnotherHash(String one, String other) {
    assertThat(hash(one)).isNotEqualTo(hash(other));
  }

  @Test
  void aHugeNumberIsNotUnfolded() {
    assertThat(hash("{\"size\":1e300}")).isEqualTo(hash("{\"size\":10e299}"));
  }

  @Test
  void theHashIsTheFirstHalfOfSha256() {
    // printf abc | sha256sum
    assertThat(PreferencesHash.hex("abc")).isEqualTo("ba7816bf8f01cfea414140de5dae2223");
  }

  private static String hash(String preferences) {
    try {
      return PreferencesHash.of(JSON.readTree(preferences));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(preferences, e);
    }
  }
}
