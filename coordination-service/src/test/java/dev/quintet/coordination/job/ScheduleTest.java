package dev.quintet.coordination.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScheduleTest {
  @ParameterizedTest
  @CsvSource({
    "5s, PT5S, false",
    "59s, PT59S, false",
    "1m, PT1M, true",
    "2d, PT48H, true",
    "PT90S, PT90S, true"
  })
  void aDurationIsRecordedFromAMinuteOn(String text, Duration period, boolean recorded) {
    var schedule = Schedule.of(text);
    assertThat(schedule).isEqualTo(new Schedule.Every(text, period));
    assertThat(schedule.recorded()).isEqualTo(recorded);
  }

  @Test
  void aCronExpressionOfFiveFieldsIsDueAtFullMinutes() {
    assertThat(Schedule.of("*/15 * * * *"))
        .isEqualTo(new Schedule.Cron("*/15 * * * *", "0 */15 * * * *"));
    assertThat(Schedule.of("*/2 * * * * *"))
        .isEqualTo(new Schedule.Cron("*/2 * * * * *", "*/2 * * * * *"));
  }

  @Test
  void aJobCanBeOff() {
    assertThat(Schedule.of("off")).isInstanceOf(Schedule.Off.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "often", "0s", "500", "-5s", "PT0.5S", "* * *", "5 s"})
  void nothingElseIsASchedule(String text) {
    assertThatThrownBy(() -> Schedule.of(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
