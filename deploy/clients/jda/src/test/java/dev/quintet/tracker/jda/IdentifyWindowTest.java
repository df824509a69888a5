package dev.quintet.tracker.jda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class IdentifyWindowTest {

  private static final long MS = 1_000_000;

  @Test
  void opensAfterTheReceiveAndClosesAfterTheSend() {
    var window = IdentifyWindow.of(0, 80 * MS, 5_500, 500);

    assertThat(window.allows(5_580 * MS - 1)).isFalse();
    assertThat(window.allows(5_580 * MS)).isTrue();
    assertThat(window.allows(6_000 * MS)).isTrue();
    assertThat(window.allows(6_000 * MS + 1)).isFalse();
  }

  @Test
  void aReplySlowerThanTheSlotLeavesNoWindow() {
    assertThat(IdentifyWindow.of(0, 500 * MS, 1_000, 500).empty()).isFalse();
    assertThat(IdentifyWindow.of(0, 501 * MS, 1_000, 500).empty()).isTrue();
  }

  @Test
  void twoSlotsOfABucketStayFiveSecondsApartWhateverTheReplies() {
    // The tracker reserved slots 5.5 s apart: at 0 and at 5,500 ms of its clock.
    var early = IdentifyWindow.of(-400 * MS, 0, 0, 500);
    var late = IdentifyWindow.of(0, 1 * MS, 5_500, 500);

    assertThat(late.opensNanos() - early.closesNanos()).isGreaterThanOrEqualTo(5_000 * MS);
  }

  @Test
  void theMonotonicClockMayWrap() {
    long sent = Long.MAX_VALUE - 10 * MS;
    var window = IdentifyWindow.of(sent, sent + 5 * MS, 100, 500);

    assertThat(window.empty()).isFalse();
    assertThat(window.allows(sent + 105 * MS)).isTrue();
    assertThat(window.allows(sent + 104 * MS)).isFalse();
    assertThat(window.allows(sent + 601 * MS)).isFalse();
  }
}
