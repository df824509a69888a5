package dev.quintet.coordination.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PayloadTest {
  private static final JsonFactory JSON = new JsonFactory();

  @Test
  void aShortValueStaysAsItIs() {
    var payload = Payload.of(bytes("\"" + "x".repeat(1_021) + "\""));
    assertThat(payload.codec()).isEqualTo("raw");
    assertThat(payload.stored().getByte(0)).isZero();
    assertThat(payload.stored().length()).isEqualTo(payload.size(false)).isEqualTo(1_024);
  }

  @Test
  void aLongOneIsCompressed() {
    byte[] json = bytes("\"" + "x".repeat(1_022) + "\"");
    var payload = Payload.of(json);
    assertThat(payload.codec()).isEqualTo("gzip");
    assertThat(payload.stored().getByte(0)).isEqualTo((byte) 1);
    assertThat(payload.size(false)).isLessThan(json.length / 2);
    assertThat(Payload.read(payload.stored().getBytes()).unpacked()).isEqualTo(json);
  }

  @Test
  void whatDoesNotGetShorterIsNot() {
    var random = new Random(1);
    var digits = new StringBuilder("\"");
    random.ints(2_000, 0x4e00, 0x9fff).forEach(digits::appendCodePoint);
    var payload = Payload.of(bytes(digits.append('"').toString()));
    assertThat(Payload.read(payload.stored().getBytes()).unpacked()).hasSize(6_002);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 5_000})
  void aGracedValueHasItsTimeBeforeIt(int length) {
    byte[] json = bytes("\"" + "y".repeat(length) + "\"");
    var payload = Payload.of(json);
    var stored = payload.storedWithGrace(1_795_000_000_123L);
    assertThat(stored.getByte(0)).isEqualTo((byte) (length < 1_000 ? 2 : 3));
    assertThat(stored.getString(1, 14)).isEqualTo("1795000000123");
    assertThat(stored.length()).isEqualTo(payload.size(true));
    var read = Payload.read(stored.getBytes());
    assertThat(read.codec()).isEqualTo(payload.codec());
    assertThat(read.unpacked()).isEqualTo(json);
  }

  @Test
  void anUnknownCodecIsNotGuessed() {
    assertThatThrownBy(() -> Payload.read(new byte[] {4, '1'}))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> Payload.read(new byte[0])).isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "[1, {\"a\": null}]", "\"x\"", "1.5", "null", " true "})
  void anyJsonIsAValue(String text) {
    assertThat(Payload.isJson(JSON, bytes(text))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "{", "{}}", "{} {}", "x", "[1,]", "{\"a\":}"})
  void nothingElseIs(String text) {
    assertThat(Payload.isJson(JSON, bytes(text))).isFalse();
  }

  @Test
  void brokenUtf8IsNone() {
    assertThat(Payload.isJson(JSON, new byte[] {'"', (byte) 0xff, '"'})).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "-|false",
        "identity|false",
        "gzip|true",
        "deflate, GZIP|true",
        "br;q=1, gzip;q=0.5|true",
        "gzip;q=0|false",
        "gzip; q=0.00|false"
      })
  void gzipGoesToWhoTakesIt(@org.jspecify.annotations.Nullable String header, boolean accepted) {
    assertThat(CacheResource.accepts(header)).isEqualTo(accepted);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
