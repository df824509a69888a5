package dev.quintet.coordination.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RateHistoryTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final long MS = 1_000_000;

  private final RateHistory history = new RateHistory();

  @Test
  void nothingIsNoBreach() {
    assertThat(history.mostWithin(SECOND)).isZero();
  }

  @Test
  void oneTooManyInAWindowIsSeen() {
    admit(101, 0, 5);
    assertThat(history.mostWithin(SECOND)).isEqualTo(101);
  }

  @Test
  void whatPassesAroundAFixedWindowsEdgeIsSeen() {
    admit(100, 950, 5);
    admit(100, 1_040, 5);
    assertThat(history.mostWithin(SECOND)).isEqualTo(200);
  }

  @Test
  void aWholeWindowApartIsNotTogether() {
    admit(100, 0, 0);
    admit(100, 1_000, 0);
    assertThat(history.mostWithin(SECOND)).isEqualTo(100);
    admit(1, 999, 0);
    assertThat(history.mostWithin(SECOND)).isEqualTo(101);
  }

  @Test
  void whatMayHaveBeenInAnotherWindowIsNotHeldAgainstIt() {
    admit(100, 0, 0);
    admit(100, 500, 600);
    assertThat(history.mostWithin(SECOND)).isEqualTo(100);
  }

  @Test
  void slowAnswersWithinTheWindowCount() {
    admit(60, 0, 900);
    admit(60, 50, 900);
    assertThat(history.mostWithin(SECOND)).isEqualTo(120);
  }

  @Test
  void unitsCountNotCalls() {
    history.admitted(0, MS, 70);
    history.admitted(2 * MS, 3 * MS, 40);
    assertThat(history.mostWithin(SECOND)).isEqualTo(110);
    assertThat(history.total()).isEqualTo(110);
  }

  @Test
  void theFullestWindowIsFoundWhereverItLies() {
    admit(10, 0, 1);
    admit(30, 3_700, 1);
    admit(35, 4_300, 1);
    admit(20, 9_000, 1);
    assertThat(history.mostWithin(SECOND)).isEqualTo(65);
  }

  @Test
  void anAnswerBeforeItsCallIsNoHistory() {
    assertThatThrownBy(() -> history.admitted(1, 0, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private void admit(int times, long atMs, long tookMs) {
    for (int i = 0; i < times; i++) {
      history.admitted(atMs * MS, (atMs + tookMs) * MS, 1);
    }
  }
}
