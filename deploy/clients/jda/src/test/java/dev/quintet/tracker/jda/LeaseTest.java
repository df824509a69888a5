package dev.quintet.tracker.jda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LeaseTest {

  private static final long MS = 1_000_000;

  @Test
  void theDeadlineCountsFromTheSend() {
    Lease lease = Lease.granted(3, 7, 1_000 * MS, 45_000);

    assertThat(lease.over(46_000 * MS - 1)).isFalse();
    assertThat(lease.over(46_000 * MS)).isTrue();
  }

  @Test
  void aRenewalMovesTheDeadlineOn() {
    Lease lease = Lease.granted(3, 7, 0, 6_000).renewed(2_000 * MS, 6_000);

    assertThat(lease.over(7_999 * MS)).isFalse();
    assertThat(lease.epoch()).isEqualTo(7);
  }

  @Test
  void aReplyThatWasOvertakenMovesNothingBack() {
    Lease lease = Lease.granted(3, 7, 2_000 * MS, 6_000).renewed(0, 6_000);

    assertThat(lease.deadlineNanos()).isEqualTo(8_000 * MS);
  }

  @Test
  void theMonotonicClockMayWrap() {
    long sent = Long.MAX_VALUE - MS;
    Lease lease = Lease.granted(3, 7, sent, 6_000);

    assertThat(lease.over(sent + 5_999 * MS)).isFalse();
    assertThat(lease.over(sent + 6_000 * MS)).isTrue();
    assertThat(lease.renewed(sent + 10 * MS, 6_000).over(sent + 6_000 * MS)).isFalse();
  }
}
