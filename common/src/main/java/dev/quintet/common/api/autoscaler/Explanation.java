package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A decision and why it is so; the content of {@code scaling_decisions.explanation}. Its stages
 * replay to its target, with nothing else at hand.
 *
 * @param decisionId null where nothing was stored
 * @param dryRun the target is only a recommendation
 * @param previousTarget the standing target before
 * @param target the one decided; in a dry run the one that would have been
 * @param generation of the standing target after this decision
 * @param warnings each a code, some with {@code : } and a name behind it
 * @param text one sentence for a person
 * @param shadow what it would be if the policies in dry run were live; only where some are and
 *     others are not
 */
public record Explanation(
    @Nullable Long decisionId,
    long poolId,
    Instant at,
    ScalingEvent event,
    DecisionCode code,
    boolean dryRun,
    int current,
    int ready,
    int previousTarget,
    int target,
    Limits limits,
    long generation,
    List<PolicyLine> policies,
    List<StageLine> stages,
    @Nullable ScheduleLine schedule,
    @Nullable OverrideLine override,
    List<String> warnings,
    WouldChange wouldChange,
    Instant nextCheckAt,
    String text,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Shadow shadow) {

  public Explanation withId(long id) {
    return new Explanation(
        id,
        poolId,
        at,
        event,
        code,
        dryRun,
        current,
        ready,
        previousTarget,
        target,
        limits,
        generation,
        policies,
        stages,
        schedule,
        override,
        warnings,
        wouldChange,
        nextCheckAt,
        text,
        shadow);
  }

  public record Limits(int min, int max) {}

  /**
   * What one policy saw and wished.
   *
   * @param value null: it has no fresh sample
   * @param target its target or threshold
   * @param ageS of the newest sample, in seconds
   * @param raw its wish; null: it has none
   * @param counted false: shown only, the decision does not follow it
   */
  public record PolicyLine(
      String name,
      PolicyType type,
      @Nullable String metric,
      @Nullable BigDecimal value,
      @Nullable BigDecimal target,
      int samples,
      @Nullable Long ageS,
      String rule,
      @Nullable Integer raw,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Boolean counted) {}

  /**
   * One stage: {@code out} is {@code in}, raised to {@code low} and then lowered to {@code high}.
   * The first stage has no {@code in}: it takes the highest wish that counts.
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record StageLine(
      String stage,
      @Nullable Integer in,
      int out,
      @Nullable Integer low,
      @Nullable Integer high,
      @Nullable String because) {}

  public record ScheduleLine(long id, String name, ScheduleMode mode, int target) {}

  public record OverrideLine(int target, String reason, Instant expiresAt) {}

  /**
   * Which value of the deciding metric, alone, would give another decision. Absent: none would.
   *
   * @param scaleOutIf a higher target than both the standing and the decided one
   * @param scaleInIf a lower target than both the standing and the decided one
   * @param holdIf the target stays
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record WouldChange(
      @Nullable String scaleOutIf, @Nullable String scaleInIf, @Nullable String holdIf) {
    public static final WouldChange NOTHING = new WouldChange(null, null, null);
  }

  public record Shadow(
      ScalingEvent event, DecisionCode code, int target, List<StageLine> stages, String text) {
    public Shadow {
      stages = List.copyOf(stages);
    }
  }
}
