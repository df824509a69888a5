package dev.quintet.coordination.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.coordination.testing.LockHistory.Kind;
import dev.quintet.coordination.testing.LockHistory.Operation;
import dev.quintet.coordination.testing.LockHistory.Outcome;
import org.junit.jupiter.api.Test;

/** A checker that finds nothing wrong has to be shown what is. */
class LockHistoryTest {
  private final LockHistory history = new LockHistory();

  private void granted(String key, String lease, long token, long invoked, long returned) {
    history.add(new Operation(Kind.ACQUIRE, key, lease, token, invoked, returned, Outcome.GRANTED));
  }

  private void released(String key, String lease, long invoked) {
    history.add(new Operation(Kind.RELEASE, key, lease, 0, invoked, invoked + 5, Outcome.DONE));
  }

  @Test
  void oneAfterTheOtherIsRight() {
    granted("k", "a", 1, 0, 10);
    granted("k", "b", 2, 5, 30);
    released("k", "a", 20);
    released("k", "b", 40);
    history.seenInLine("b", 15);
    granted("k", "c", 3, 16, 50);
    assertThat(history.violations()).isEmpty();
    assertThat(history.grants()).isEqualTo(3);
    assertThat(history.handOvers()).isEqualTo(1);
  }

  @Test
  void keysHaveNothingToDoWithEachOther() {
    granted("k", "a", 2, 0, 10);
    granted("l", "b", 1, 20, 30);
    released("k", "a", 100);
    released("l", "b", 110);
    assertThat(history.violations()).isEmpty();
  }

  @Test
  void theAnswerToAReleaseMayComeAfterTheNextGrant() {
    granted("k", "a", 1, 0, 10);
    released("k", "a", 20);
    granted("k", "b", 2, 5, 21);
    released("k", "b", 22);
    assertThat(history.violations()).isEmpty();
  }

  @Test
  void twoHoldersAtOnceAreFound() {
    granted("k", "a", 1, 0, 10);
    granted("k", "b", 2, 5, 19);
    released("k", "a", 20);
    released("k", "b", 40);
    assertThat(history.violations()).containsExactly("k: tokens 1 and 2 were held at once");
  }

  @Test
  void aHolderWhoOnlyStoppedToRelyOnItHeldItUntilThen() {
    granted("k", "a", 1, 0, 10);
    history.add(new Operation(Kind.LET_GO, "k", "a", 0, 50, 50, Outcome.UNKNOWN));
    granted("k", "b", 2, 5, 49);
    released("k", "b", 60);
    assertThat(history.violations()).containsExactly("k: tokens 1 and 2 were held at once");
  }

  @Test
  void aFallingTokenIsFound() {
    granted("k", "a", 7, 0, 10);
    released("k", "a", 20);
    granted("k", "b", 6, 5, 30);
    released("k", "b", 40);
    assertThat(history.violations()).containsExactly("k: token 6 came after 7");
  }

  @Test
  void aTokenBelowOneThatWasKnownBeforeIsFoundWithoutAnyRelease() {
    granted("k", "a", 7, 0, 10);
    granted("k", "b", 6, 11, 30);
    assertThat(history.violations())
        .containsExactly("k: token 7 was granted before another asked, who got 6");
  }

  @Test
  void aTokenGivenTwiceIsFound() {
    granted("k", "a", 7, 0, 10);
    granted("l", "b", 7, 0, 10);
    assertThat(history.violations()).containsExactly("token 7 was given twice");
  }

  @Test
  void whoPassesAWaiterIsFound() {
    history.seenInLine("a", 20);
    granted("k", "a", 9, 0, 100);
    granted("k", "b", 8, 30, 60);
    released("k", "b", 70);
    released("k", "a", 110);
    assertThat(history.violations())
        .containsExactly("k: token 9 was in line before another asked, who got 8");
  }

  @Test
  void whoAskedBeforeTheOtherWasSeenInLineMayBeFirst() {
    history.seenInLine("a", 31);
    granted("k", "a", 9, 0, 100);
    granted("k", "b", 8, 30, 60);
    released("k", "b", 70);
    released("k", "a", 110);
    assertThat(history.violations()).isEmpty();
  }
}
