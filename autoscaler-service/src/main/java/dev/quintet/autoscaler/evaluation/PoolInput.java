package dev.quintet.autoscaler.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.api.autoscaler.ControlMode;
import dev.quintet.common.api.autoscaler.ScheduleMode;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that a decision about one pool is made of, as {@code autoscaler.decision_inputs} gives it.
 *
 * @param at the instant for which it is decided
 * @param settings changes with everything an operator can set; a decision made of other settings is
 *     not stored
 * @param current instances at the newest observation
 * @param active of these, those that were ready
 * @param observedAt null: nothing was ever observed
 * @param analyticsId the newest observation's row
 * @param state null: nothing was ever decided
 * @param lastWishedAt up to when the state's wish was wished: the observation before this one
 * @param wishes where runs of equal wishes began and ended, within the last hour, oldest first
 * @param points observations, oldest first, as far back from the newest as a policy's points reach
 * @param samples the same of other metrics that a policy names
 * @param history what a seasonal policy compares with; null: there is none
 */
public record PoolInput(
    int poolId,
    String oraclePoolId,
    int nodeId,
    Instant at,
    String settings,
    ControlMode controlMode,
    boolean nodeOffline,
    int minInstances,
    int maxInstances,
    int current,
    int active,
    @Nullable Instant observedAt,
    @Nullable Long analyticsId,
    @Nullable State state,
    @Nullable Instant lastWishedAt,
    List<WishEnd> wishes,
    List<Scaling> scalings,
    List<Policy> policies,
    List<Point> points,
    List<Sample> samples,
    @Nullable List<Past> history,
    @Nullable JsonNode behavior,
    List<Schedule> schedules,
    @Nullable Override override) {

  /**
   * The pool's row of pool_scaling_state, with the newest stored decision.
   *
   * @param live whether the target is followed; if not, decisions start from what was seen
   */
  public record State(
      int target,
      long generation,
      boolean live,
      @Nullable Instant lastScaleAt,
      @Nullable Instant reachedAt,
      @Nullable Integer lastRaw,
      @Nullable Integer lastShadowRaw,
      @Nullable Long lastDecisionId,
      @Nullable String lastCode,
      @Nullable Instant lastStoredAt,
      @Nullable String lastEvent,
      @Nullable Integer lastTarget,
      @Nullable Boolean lastDryRun) {}

  /** One end of a run of equal wishes. */
  public record WishEnd(Instant at, int raw, int shadowRaw) {}

  public record Scaling(Instant at, int from, int to) {}

  public record Policy(int id, String name, String type, boolean dryRun, JsonNode spec) {}

  /** Utilisations in percent. */
  public record Point(Instant at, BigDecimal cpu, BigDecimal memory) {}

  public record Sample(String metric, Instant at, BigDecimal value) {}

  public record Past(Instant at, int current, BigDecimal cpu, BigDecimal memory) {}

  public record Schedule(
      int id,
      @Nullable Integer poolId,
      String name,
      String startTime,
      String endTime,
      int targetInstances,
      String timezone,
      int daysOfWeek,
      ScheduleMode mode,
      int priority,
      @Nullable LocalDate validFrom,
      @Nullable LocalDate validUntil) {}

  public record Override(int target, String reason, Instant expiresAt) {}

  /** The target that decisions start from: the standing one where it is followed. */
  public int standing() {
    return state != null && state.live() && controlMode == ControlMode.MANAGED
        ? state.target()
        : current;
  }

  public long generation() {
    return state == null ? 0 : state.generation();
  }

  @Nullable Long lastDecisionId() {
    return state == null ? null : state.lastDecisionId();
  }
}
