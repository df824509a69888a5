package dev.quintet.autoscaler.metric;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The quick reader of instants says what the JDK's says. */
class InstantsTest {
  private final Instants instants = new Instants();

  private long micros(String text) {
    char[] padded = ("xx" + text + "yy").toCharArray();
    return instants.micros(padded, 2, text.length());
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void agreesWithTheJdk(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      Instant at =
          Instant.ofEpochSecond(
                  random.nextLong(-62_135_596_800L, 253_402_300_799L),
                  random.nextInt(1_000_000_000))
              .truncatedTo(
                  switch (random.nextInt(4)) {
                    case 0 -> ChronoUnit.SECONDS;
                    case 1 -> ChronoUnit.MILLIS;
                    case 2 -> ChronoUnit.MICROS;
                    default -> ChronoUnit.NANOS;
                  });
      long expected = ChronoUnit.MICROS.between(Instant.EPOCH, at.truncatedTo(ChronoUnit.MICROS));
      assertThat(micros(at.toString())).as(at.toString()).isEqualTo(expected);
      String offset =
          OffsetDateTime.ofInstant(at, ZoneOffset.ofTotalSeconds(random.nextInt(-64, 65) * 900))
              .toString();
      assertThat(micros(offset)).as(offset).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "yesterday",
        "2026-05-04",
        "2026-05-04T10:00:00",
        "2026-13-04T10:00:00Z",
        "2026-02-29T10:00:00Z",
        "2026-05-04T24:00:01Z",
        "2026-05-04T10:60:00Z",
        "2026-05-04T10:00:60Z",
        "2026-05-04T10:00:00,5Z",
        "2026-05-04T10:00:00.1234567890Z",
        "2026-05-04 10:00:00Z",
        "٢٠٢٦-05-04T10:00:00Z",
        "1777888800"
      })
  void isNoInstant(String text) {
    assertThat(micros(text)).isEqualTo(Instants.UNREADABLE);
  }

  @ParameterizedTest
  @CsvSource({"+12026-05-04T10:00:00Z", "-0044-03-15T10:00:00Z", "+999999999-12-31T23:59:59Z"})
  void isOfAnotherAge(String text) {
    assertThat(micros(text)).isEqualTo(Instants.BEYOND);
  }
}
