package dev.quintet.autoscaler.decision;

import dev.quintet.autoscaler.decision.PolicyWish.Crossing;
import dev.quintet.autoscaler.schedule.SchedulesInForce;
import dev.quintet.autoscaler.schedule.Window;
import dev.quintet.common.api.autoscaler.ControlMode;
import dev.quintet.common.api.autoscaler.Decimals;
import dev.quintet.common.api.autoscaler.DecisionCode;
import dev.quintet.common.api.autoscaler.Explanation;
import dev.quintet.common.api.autoscaler.Explanation.Limits;
import dev.quintet.common.api.autoscaler.Explanation.OverrideLine;
import dev.quintet.common.api.autoscaler.Explanation.PolicyLine;
import dev.quintet.common.api.autoscaler.Explanation.ScheduleLine;
import dev.quintet.common.api.autoscaler.Explanation.Shadow;
import dev.quintet.common.api.autoscaler.Explanation.StageLine;
import dev.quintet.common.api.autoscaler.Explanation.WouldChange;
import dev.quintet.common.api.autoscaler.MetricKind;
import dev.quintet.common.api.autoscaler.PolicySpec;
import dev.quintet.common.api.autoscaler.ScalingEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The decision itself: wishes of the policies, combined, then brought through the stages.
 *
 * <ul>
 *   <li>A policy in dry run takes part only if all are: then nothing is changed, on any path. Where
 *       some are live, those decide, and a second result, the shadow, is computed with all.
 *   <li>A decision that changes the target has one within the limits it was given. One that holds
 *       it for the sake of a gate (control off, node offline, nothing ready) leaves it as it is.
 * </ul>
 */
public final class Scaling {
  private static final int SHOWN_DECIMALS = 3;

  /** How often a pool is looked at without a heartbeat. */
  private static final long PERIOD_SECONDS = 15;

  private Scaling() {}

  public static Decision decide(ScalingInput input) {
    List<ActivePolicy> policies = input.policies();
    int dry = 0;
    for (ActivePolicy policy : policies) {
      dry += policy.dryRun() ? 1 : 0;
    }
    boolean allDry = dry > 0 && dry == policies.size();
    boolean mixed = dry > 0 && !allDry;
    boolean dryRun = allDry || input.controlMode() == ControlMode.ADVISORY;

    var wishes = new ArrayList<PolicyWish>(policies.size());
    for (ActivePolicy policy : policies) {
      wishes.add(PolicyWish.of(policy, input));
    }
    SchedulesInForce schedules = SchedulesInForce.at(input.schedules(), input.at());
    var run = new Run(input, wishes, allDry || !mixed, schedules, input.wishes());
    Run shadow = mixed ? new Run(input, wishes, true, schedules, input.shadowWishes()) : null;

    int standing = dryRun ? input.standingTarget() : run.target;
    long generation =
        standing == input.standingTarget() ? input.generation() : input.generation() + 1;
    var explanation =
        new Explanation(
            null,
            input.poolId(),
            input.at(),
            run.event(),
            run.code,
            dryRun,
            input.current(),
            input.ready(),
            input.standingTarget(),
            run.target,
            new Limits(input.min(), input.max()),
            generation,
            run.policyLines(),
            List.copyOf(run.stages),
            scheduleLine(schedules, run),
            overrideLine(run.way.pin),
            warnings(input, wishes, run, schedules, allDry),
            run.wouldChange(),
            nextCheck(input, schedules),
            run.text(),
            shadow == null
                ? null
                : new Shadow(
                    shadow.event(), shadow.code, shadow.target, shadow.stages, shadow.text()));
    return new Decision(
        explanation, standing, run.combined, shadow == null ? run.combined : shadow.combined);
  }

  private static @Nullable ScheduleLine scheduleLine(SchedulesInForce schedules, Run run) {
    Window ruling = schedules.decider(run.beforeSchedule);
    return ruling == null
        ? null
        : new ScheduleLine(ruling.id(), ruling.name(), ruling.mode(), ruling.target());
  }

  private static @Nullable OverrideLine overrideLine(@Nullable Pin pin) {
    return pin == null ? null : new OverrideLine(pin.target(), pin.reason(), pin.expiresAt());
  }

  private static List<String> warnings(
      ScalingInput input,
      List<PolicyWish> wishes,
      Run run,
      SchedulesInForce schedules,
      boolean allDry) {
    var warnings = new ArrayList<String>(2);
    for (PolicyWish wish : wishes) {
      if (wish.state() == PolicyWish.State.UNKNOWN) {
        warnings.add(wish.code() + ": " + wish.policy().name());
      } else if (wish.state() == PolicyWish.State.SILENT) {
        warnings.add("FORECAST_NOT_READY: " + wish.policy().name());
      }
    }
    Window exact = schedules.exact();
    if (exact != null && run.way.pin == null && schedules.apply(run.combined) < run.combined) {
      warnings.add("SCHEDULE_HOLDS_BACK_SCALE_OUT");
    }
    if (schedules.contradictory()) {
      warnings.add("SCHEDULE_FLOOR_ABOVE_CEILING");
    }
    if (!schedules.none()) {
      int asked = schedules.apply(run.combined);
      if (asked < input.min() || asked > input.max()) {
        warnings.add("SCHEDULE_OUTSIDE_LIMITS");
      }
    }
    if (allDry && input.controlMode() == ControlMode.MANAGED) {
      if (run.way.pin != null) {
        warnings.add("DRY_RUN_HOLDS_OVERRIDE");
      } else if (!schedules.none()) {
        warnings.add("DRY_RUN_HOLDS_SCHEDULE");
      }
    }
    LastScale last = input.lastScale();
    if (last != null
        && last.reachedAt() == null
        && !input.at().isBefore(last.at().plusSeconds(input.behavior().convergeTimeoutSeconds()))) {
      warnings.add("NOT_CONVERGED");
    }
    return List.copyOf(warnings);
  }

  /** The regular period, or an edge of a schedule or the end of an override before it. */
  private static Instant nextCheck(ScalingInput input, SchedulesInForce now) {
    Instant next = input.at().plusSeconds(PERIOD_SECONDS);
    // An edge lies in between only if its far side shows another state: no window is that short.
    if (!input.schedules().isEmpty() && !now.equals(SchedulesInForce.at(input.schedules(), next))) {
      next =
          SchedulesInForce.nextTransition(input.schedules(), input.at())
              .filter(next::isAfter)
              .orElse(next);
    }
    Pin pin = input.pin();
    return pin != null && pin.expiresAt().isAfter(input.at()) && pin.expiresAt().isBefore(next)
        ? pin.expiresAt()
        : next;
  }

  /** One way from the wishes to a target: the live one, or the shadow. */
  private static final class Run implements Stages.Notes {
    private final ScalingInput input;
    private final List<PolicyWish> wishes;
    private final boolean countsDry;
    final Stages way;
    final int combined;
    final int target;
    final List<StageLine> stages = new ArrayList<>(6);
    DecisionCode code = DecisionCode.NO_METRICS;

    /** The wish as it came to the schedules. */
    int beforeSchedule;

    private @Nullable PolicyWish decider;
    private boolean held;

    Run(
        ScalingInput input,
        List<PolicyWish> wishes,
        boolean countsDry,
        SchedulesInForce schedules,
        List<Wish> memory) {
      this.input = input;
      this.wishes = wishes;
      this.countsDry = countsDry;
      this.way = new Stages(input, memory, schedules);
      this.combined = combine(null, 0);
      this.decider = findDecider();
      this.code = combinedCode();
      int standing = input.standingTarget();
      stages.add(
          new StageLine(
              "combine",
              null,
              combined,
              held && combined == standing ? standing : null,
              null,
              null));
      this.beforeSchedule = combined;
      this.target = way.target(combined, this);
    }

    private boolean counts(PolicyWish wish) {
      return wish.takesPart() && (countsDry || !wish.policy().dryRun());
    }

    /**
     * The highest wish. What only raises, and what is unknown, lowers nothing below the standing
     * target.
     */
    private int combine(@Nullable PolicyWish other, int othersWish) {
      int low = -1;
      int raised = 0;
      boolean unknown = false;
      for (PolicyWish wish : wishes) {
        if (!counts(wish)) {
          continue;
        }
        int raw = wish == other ? othersWish : wish.raw();
        if (wish.state() == PolicyWish.State.UNKNOWN) {
          unknown = true;
        } else if (wish.known() && wish.raiseOnly()) {
          raised = Math.max(raised, raw);
        } else if (wish.known()) {
          low = Math.max(low, raw);
        }
      }
      int standing = input.standingTarget();
      boolean holds = low < 0 || (unknown && low < standing);
      if (other == null) {
        held = holds;
      }
      return Math.max(holds ? standing : low, raised);
    }

    private @Nullable PolicyWish findDecider() {
      PolicyWish best = null;
      for (PolicyWish wish : wishes) {
        if (counts(wish) && wish.known() && (best == null || wish.raw() > best.raw())) {
          best = wish;
        }
      }
      return best;
    }

    private DecisionCode combinedCode() {
      int standing = input.standingTarget();
      PolicyWish highest = decider;
      if (highest == null || (highest.raw() < standing && combined == standing)) {
        // Nobody knows, or who does not know holds back who does.
        for (PolicyWish wish : wishes) {
          if (counts(wish) && wish.state() == PolicyWish.State.UNKNOWN) {
            return wish.code();
          }
        }
      }
      if (highest == null) {
        return DecisionCode.NO_METRICS;
      }
      return highest.code();
    }

    @Override
    public void stage(
        String name, int in, int out, int low, int high, @Nullable DecisionCode reason) {
      if (name.equals("schedule")) {
        beforeSchedule = in;
      }
      if (reason != null) {
        code = reason;
      }
      stages.add(Stages.line(name, in, out, low, high, null));
    }

    ScalingEvent event() {
      int change = target - input.standingTarget();
      if (change == 0) {
        return ScalingEvent.NO_ACTION;
      }
      return change > 0 ? ScalingEvent.SCALE_UP : ScalingEvent.SCALE_DOWN;
    }

    List<PolicyLine> policyLines() {
      var lines = new ArrayList<PolicyLine>(wishes.size());
      for (PolicyWish wish : wishes) {
        lines.add(wish.line(counts(wish)));
      }
      return List.copyOf(lines);
    }

    // --- which value would change it -------------------------------------------------------------

    WouldChange wouldChange() {
      PolicyWish wish = decider;
      if (wish == null || way.gate != null || way.pin != null) {
        return WouldChange.NOTHING;
      }
      String hold = wish.holdRange();
      return new WouldChange(
          higher(wish),
          lower(wish),
          hold != null && with(wish, input.standingTarget()) == input.standingTarget()
              ? hold
              : null);
    }

    private int with(PolicyWish wish, int raw) {
      return way.target(combine(wish, raw), null);
    }

    /**
     * From the wish up, the target never falls: so the first wish that raises it can be halved for.
     */
    private @Nullable String higher(PolicyWish wish) {
      int bound = Math.max(target, input.standingTarget());
      int low = wish.raw();
      int high = Math.max(Math.max(input.max(), input.standingTarget()), low) + 1;
      if (with(wish, high) <= bound) {
        return null;
      }
      while (high - low > 1) {
        int middle = (low + high) >>> 1;
        if (with(wish, middle) > bound) {
          high = middle;
        } else {
          low = middle;
        }
      }
      return said(wish, wish.upTo(high, input));
    }

    private @Nullable String lower(PolicyWish wish) {
      int bound = Math.min(target, input.standingTarget());
      int low = 0;
      int high = wish.raw();
      if (high == 0 || with(wish, 0) >= bound) {
        return null;
      }
      while (high - low > 1) {
        int middle = (low + high) >>> 1;
        if (with(wish, middle) < bound) {
          low = middle;
        } else {
          high = middle;
        }
      }
      return said(wish, wish.downTo(low, input));
    }

    private @Nullable String said(PolicyWish wish, @Nullable Crossing crossing) {
      return crossing == null
          ? null
          : wish.metric()
              + " "
              + crossing.operator()
              + " "
              + Decimals.measured(crossing.value()).toPlainString()
              + " (target "
              + with(wish, crossing.raw())
              + ")";
    }

    // --- in words --------------------------------------------------------------------------------

    String text() {
      var text = new StringBuilder(160);
      if (way.pin != null) {
        text.append("override to ").append(way.pin.target()).append(": ").append(way.pin.reason());
      } else {
        subject(text);
      }
      int before = combined;
      for (StageLine stage : stages) {
        Integer in = stage.in();
        if (in != null && in != stage.out()) {
          text.append(", ")
              .append(remark(stage))
              .append(' ')
              .append(in)
              .append("->")
              .append(stage.out());
        }
        before = stage.out();
      }
      if (way.gate == null) {
        text.append(", within ").append(input.min()).append("..").append(input.max());
      } else {
        text.append(", held at ").append(before).append(": ").append(gateInWords(way.gate));
      }
      if (way.pin == null) {
        schedulesInWords(text);
      }
      return shortened(text);
    }

    /** A mean may have digits without end; the sentence shows three, the policy's line all. */
    private static String shortened(StringBuilder text) {
      var shown = new StringBuilder(text.length());
      int decimals = -1;
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        boolean digit = c >= '0' && c <= '9';
        if (c == '.' && i > 0 && Character.isDigit(text.charAt(i - 1))) {
          decimals = 0;
        } else if (digit && decimals >= 0) {
          decimals++;
        } else {
          decimals = -1;
        }
        if (decimals <= SHOWN_DECIMALS) {
          shown.append(c);
        } else if (decimals == SHOWN_DECIMALS + 1) {
          shown.append('…');
        }
      }
      return shown.toString();
    }

    private void subject(StringBuilder text) {
      PolicyWish wish = decider;
      if (wish == null || code == DecisionCode.METRICS_STALE || code == DecisionCode.NO_METRICS) {
        withoutMetrics(text);
        return;
      }
      text.append(wish.metric());
      if (wish.value() != null) {
        text.append(' ').append(Decimals.measured(wish.value()).toPlainString());
      }
      switch (wish.policy().spec()) {
        case PolicySpec.TargetTracking spec -> tracked(text, wish, spec);
        case PolicySpec.Step spec ->
            text.append(" against the threshold ")
                .append(PolicyWish.plain(spec.threshold()))
                .append(": ")
                .append(wish.rule());
        case PolicySpec.Threshold spec ->
            text.append(" against the threshold ")
                .append(wish.target() == null ? "" : PolicyWish.plain(wish.target()))
                .append(": ")
                .append(wish.rule());
        case PolicySpec.Seasonal spec ->
            text.append(" is the demand foreseen: ").append(wish.rule().replace('*', '×'));
      }
      if (wish.code() != DecisionCode.WITHIN_TOLERANCE) {
        text.append('=').append(wish.raw());
      }
    }

    private static void tracked(
        StringBuilder text, PolicyWish wish, PolicySpec.TargetTracking spec) {
      boolean total = spec.kind() == MetricKind.TOTAL;
      String unit = total ? "" : " %";
      int side = wish.value() == null ? 0 : wish.value().compareTo(spec.target());
      text.append(unit);
      if (total) {
        text.append(" at ").append(PolicyWish.plain(spec.target())).append(" an instance");
      } else if (wish.code() == DecisionCode.WITHIN_TOLERANCE) {
        text.append(" is within ").append(PolicyWish.plain(spec.target())).append(unit);
      } else {
        text.append(side > 0 ? " is above " : " is below ")
            .append(PolicyWish.plain(spec.target()))
            .append(unit);
      }
      if (!total) {
        text.append(" ± ")
            .append(PolicyWish.plain(spec.tolerance().movePointRight(2)))
            .append(" %");
      }
      if (wish.code() != DecisionCode.WITHIN_TOLERANCE) {
        text.append(": ").append(wish.rule().replace('*', '×'));
      }
    }

    private void withoutMetrics(StringBuilder text) {
      boolean any = false;
      for (PolicyWish wish : wishes) {
        if (counts(wish) && wish.state() == PolicyWish.State.UNKNOWN) {
          text.append(any ? ", " : "")
              .append(wish.policy().name())
              .append(": ")
              .append(wish.rule());
          any = true;
        }
      }
      if (!any) {
        text.append("no policy has a wish");
      }
    }

    private static String remark(StageLine stage) {
      return switch (stage.stage()) {
        case "stabilise" -> "stabilised by earlier wishes";
        case "cooldown" -> "cooling down";
        case "rate" -> "limited in rate";
        case "schedule" -> "scheduled";
        case "override" -> "overridden";
        case "clamp" -> "limited";
        default -> stage.stage();
      };
    }

    private static String gateInWords(DecisionCode gate) {
      return switch (gate) {
        case CONTROL_OFF -> "control is off";
        case NODE_OFFLINE -> "the node is offline";
        default -> "no instance is ready";
      };
    }

    private void schedulesInWords(StringBuilder text) {
      SchedulesInForce schedules = way.schedules;
      if (schedules.none()) {
        text.append(", no schedule active");
        return;
      }
      for (Window window :
          new @Nullable Window[] {schedules.exact(), schedules.floor(), schedules.ceiling()}) {
        if (window != null) {
          text.append(", schedule ")
              .append(window.name())
              .append(' ')
              .append(window.mode().json())
              .append(' ')
              .append(window.target());
        }
      }
    }
  }
}
