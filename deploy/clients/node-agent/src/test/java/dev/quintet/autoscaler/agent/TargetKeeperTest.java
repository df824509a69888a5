package dev.quintet.autoscaler.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a pool may and may not be made to do by a target. */
class TargetKeeperTest {

  private static final String POOL = "ocid1.instancepool.oc1..a";
  private static final PoolSpec SPEC = new PoolSpec(POOL, "web", Optional.empty());
  private static final Instant MANAGER_TIME = Instant.parse("2001-01-01T00:00:00Z");

  @TempDir Path directory;
  private final ScriptedPool pool = new ScriptedPool(4);
  private final Log log =
      new Log(new PrintStream(OutputStream.nullOutputStream()), Clock.systemUTC(), false);
  private long nanos = 5;
  private Limits limits = Limits.NONE;
  private TargetKeeper keeper;

  private TargetKeeper restarted() {
    return new TargetKeeper(StateFile.open(directory), id -> limits, () -> nanos, log);
  }

  @BeforeEach
  void start() {
    keeper = restarted();
  }

  private Wire.Target target(int size, long generation, String mode, Duration good) {
    return new Wire.Target(
        7, POOL, size, generation, "SCALE_UP", "why", mode, MANAGER_TIME.plus(good).toString());
  }

  private void offer(int size, long generation) {
    offer(target(size, generation, "managed", Duration.ofMinutes(2)));
  }

  private void offer(Wire.Target... targets) {
    keeper.offer(List.of(targets), MANAGER_TIME, nanos, Set.of(POOL));
  }

  private void work() {
    var unused = keeper.work(SPEC, pool, pool.seen());
  }

  private void later(long seconds) {
    nanos += TimeUnit.SECONDS.toNanos(seconds);
  }

  @Test
  void aManagedTargetIsAppliedOnceAndReported() {
    offer(6, 41);
    work();
    offer(6, 41);
    work();
    assertThat(pool.sizes).containsExactly(6);
    assertThat(keeper.unreported()).containsExactly(new Wire.Applied(7, 41, true, null));
  }

  @Test
  void anOldGenerationIsIgnoredAlsoAfterARestart() {
    offer(6, 41);
    work();
    keeper = restarted();
    offer(2, 41);
    work();
    offer(2, 40);
    work();
    assertThat(pool.sizes).containsExactly(6);
  }

  @Test
  void anAdvisoryTargetIsNotActedOn() {
    offer(target(6, 41, "advisory", Duration.ofMinutes(2)));
    work();
    assertThat(pool.sizes).isEmpty();
    assertThat(keeper.unreported()).isEmpty();
  }

  @Test
  void anUnknownModeIsNotActedOn() {
    offer(target(6, 41, "forecast", Duration.ofMinutes(2)));
    work();
    assertThat(pool.sizes).isEmpty();
  }

  @Test
  void advisoryDoesNotUseTheGenerationUp() {
    offer(target(6, 41, "advisory", Duration.ofMinutes(2)));
    work();
    offer(6, 41);
    work();
    assertThat(pool.sizes).containsExactly(6);
  }

  @Test
  void anExpiredTargetKeepsTheSize() {
    offer(target(2, 41, "managed", Duration.ofSeconds(30)));
    later(30);
    work();
    assertThat(pool.sizes).isEmpty();
  }

  @Test
  void expiryCountsByTheManagersClock() {
    // The machine's clock is decades ahead of MANAGER_TIME and does not matter.
    offer(target(6, 41, "managed", Duration.ofSeconds(30)));
    later(29);
    work();
    assertThat(pool.sizes).containsExactly(6);
  }

  @Test
  void aTargetWithoutAnEndIsNotActedOn() {
    offer(new Wire.Target(7, POOL, 6, 41, null, null, "managed", null));
    work();
    assertThat(pool.sizes).isEmpty();
  }

  @Test
  void whatTheLatestAnswerDoesNotOfferIsWithdrawn() {
    offer(6, 41);
    offer();
    work();
    assertThat(pool.sizes).isEmpty();
  }

  @Test
  void ownLimitsHaveTheLastWordAndAreReported() {
    limits = new Limits(3, 5);
    offer(9, 41);
    work();
    assertThat(pool.sizes).containsExactly(5);
    assertThat(keeper.unreported())
        .singleElement()
        .satisfies(outcome -> {
          assertThat(outcome.ok()).isFalse();
          assertThat(outcome.error()).contains("3..5 made 5 of 9");
        });
  }

  @Test
  void aBusyPoolIsTriedAgainAndReportedBothTimes() {
    pool.script.add(ScriptedPool.Next.BUSY);
    offer(6, 41);
    work();
    assertThat(keeper.unreported())
        .containsExactly(new Wire.Applied(7, 41, false, "not yet: busy"));
    work();
    assertThat(pool.sizes).isEmpty();
    later(1);
    work();
    assertThat(pool.sizes).containsExactly(6);
    assertThat(keeper.unreported()).containsExactly(new Wire.Applied(7, 41, true, null));
  }

  @Test
  void aScalingPoolIsNotAsked() {
    pool.settled = false;
    offer(6, 41);
    work();
    assertThat(pool.sizes).isEmpty();
    pool.settled = true;
    later(1);
    work();
    assertThat(pool.sizes).containsExactly(6);
  }

  @Test
  void aRefusedGenerationIsNotTriedAgainButTheNextIs() {
    pool.script.add(ScriptedPool.Next.REFUSE);
    offer(6, 41);
    work();
    later(60);
    offer(6, 41);
    work();
    assertThat(pool.sizes).isEmpty();
    assertThat(keeper.unreported())
        .containsExactly(new Wire.Applied(7, 41, false, "out of capacity"));
    offer(6, 42);
    work();
    assertThat(pool.sizes).containsExactly(6);
  }

  @Test
  void aLostAnswerIsNotAppliedTwice() {
    pool.script.add(ScriptedPool.Next.LOSE_ANSWER);
    offer(6, 41);
    work();
    later(1);
    work();
    assertThat(pool.sizes).containsExactly(6);
    assertThat(keeper.unreported()).containsExactly(new Wire.Applied(7, 41, true, null));
  }

  @Test
  void aLostRequestIsSentAgain() {
    pool.script.add(ScriptedPool.Next.LOSE_REQUEST);
    offer(6, 41);
    work();
    later(1);
    work();
    assertThat(pool.sizes).containsExactly(6);
  }

  @Test
  void afterALostAnswerAChangeByHandIsNotOverwritten() {
    pool.script.add(ScriptedPool.Next.LOSE_ANSWER);
    offer(6, 41);
    work();
    pool.changeByHand(9);
    later(1);
    work();
    assertThat(pool.sizes).containsExactly(6);
    assertThat(pool.size).isEqualTo(9);
    assertThat(keeper.unreported()).singleElement().matches(outcome -> !outcome.ok());
  }

  @Test
  void aDeathAfterTheRequestDoesNotApplyTwice() {
    pool.script.add(ScriptedPool.Next.DIE_AFTER);
    offer(6, 41);
    assertThatThrownBy(this::work).isInstanceOf(ScriptedPool.Died.class);
    keeper = restarted();
    work();
    assertThat(keeper.unreported())
        .as("known by its size, also if the manager never offers it again")
        .containsExactly(new Wire.Applied(7, 41, true, null));
    offer(6, 41);
    work();
    assertThat(pool.sizes).containsExactly(6);
  }

  @Test
  void aDeathAfterTheRequestDoesNotUndoAChangeByHand() {
    pool.script.add(ScriptedPool.Next.DIE_AFTER);
    offer(6, 41);
    assertThatThrownBy(this::work).isInstanceOf(ScriptedPool.Died.class);
    pool.changeByHand(9);
    keeper = restarted();
    offer(6, 41);
    work();
    assertThat(pool.sizes).containsExactly(6);
    assertThat(pool.size).isEqualTo(9);
  }

  @Test
  void aDeathBeforeTheRequestAppliesOnceAfterTheRestart() {
    pool.script.add(ScriptedPool.Next.DIE_BEFORE);
    offer(6, 41);
    assertThatThrownBy(this::work).isInstanceOf(ScriptedPool.Died.class);
    keeper = restarted();
    work();
    assertThat(pool.sizes).as("not without the manager's word").isEmpty();
    offer(6, 41);
    work();
    assertThat(pool.sizes).containsExactly(6);
  }

  @Test
  void anotherPoolsTargetIsIgnored() {
    keeper.offer(
        List.of(target(6, 41, "managed", Duration.ofMinutes(2))),
        MANAGER_TIME,
        nanos,
        Set.of("another"));
    work();
    assertThat(pool.sizes).isEmpty();
  }

  @Test
  void whatIsReportedIsNotReportedAgain() {
    offer(6, 41);
    work();
    keeper.reported(keeper.unreported());
    keeper = restarted();
    assertThat(keeper.unreported()).isEmpty();
  }
}
