package dev.quintet.coordination.limit;

import dev.quintet.common.api.coordination.RateLimitCheck;
import dev.quintet.common.api.coordination.RateLimitDecision;
import dev.quintet.common.api.coordination.RateLimitDecision.Limit;
import dev.quintet.common.api.coordination.RateWindow;
import dev.quintet.coordination.limit.CheckResult.CostTooLarge;
import dev.quintet.coordination.limit.CheckResult.Decided;
import dev.quintet.coordination.limit.CheckResult.NoPolicy;
import dev.quintet.coordination.limit.CheckResult.Unavailable;
import dev.quintet.coordination.redis.LiveReplicas;
import dev.quintet.coordination.redis.RedisAway;
import dev.quintet.coordination.redis.RedisStore;
import dev.quintet.coordination.redis.Script;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Decides about calls: one script for one check, however many windows it has. PostgreSQL is not
 * asked while policy and tier are known.
 *
 * <p>A check with a request id is charged once, however often it is asked, and can be settled. A
 * denial is not remembered: it changed nothing, and the same request may come again when there is
 * room.
 */
@ApplicationScoped
public class RateLimits {
  private static final Script RATE_LIMIT = Script.of("rate_limit");
  private static final long REMEMBERED_MS = 3_600_000;
  private static final int SCANNED = 1_000;

  /** Between the parts of what leads from a request's id to it; part of none of them. */
  private static final String SEPARATOR = "\n";

  private final RedisStore redis;
  private final RateKeys keys;
  private final Policies policies;
  private final Tiers tiers;
  private final LiveReplicas replicas;
  private final MeterRegistry meters;
  private final LocalShares local = new LocalShares();

  RateLimits(
      RedisStore redis,
      RateKeys keys,
      Policies policies,
      Tiers tiers,
      LiveReplicas replicas,
      MeterRegistry meters) {
    this.redis = redis;
    this.keys = keys;
    this.policies = policies;
    this.tiers = tiers;
    this.replicas = replicas;
    this.meters = meters;
  }

  public Uni<CheckResult> check(RateLimitCheck check) {
    String model = Objects.requireNonNull(check.model());
    String user = Objects.requireNonNull(check.userId());
    if (check.windows() != null) {
      return decide(Plan.inline(check.windows()), model, user, check);
    }
    return plan(check.policy(), model, user)
        .chain(found ->
            found
                .map(plan -> decide(plan, model, user, check))
                .orElseGet(() -> Uni.createFrom().item(none(check.policy()))));
  }

  private Uni<Optional<Plan>> plan(@Nullable String policy, String model, String user) {
    return policy == null ? policies.matching(model, tiers::of, user) : policies.named(policy);
  }

  private static CheckResult none(@Nullable String policy) {
    return new NoPolicy(
        policy == null
            ? "no policy fits the model and the user's tier"
            : "no enabled policy " + policy);
  }

  private Uni<CheckResult> decide(Plan plan, String model, String user, RateLimitCheck check) {
    int cost = check.wanted();
    for (RateWindow window : plan.windows()) {
      if (cost > window.capacity()) {
        return Uni.createFrom()
            .item(new CostTooLarge(Objects.requireNonNull(window.window()), window.capacity()));
      }
    }
    boolean peek = check.asksOnly();
    String requestId = peek ? null : check.requestId();
    return ask(plan, model, user, requestId, peek, cost)
        .map(answer -> answered(plan, answer))
        .onFailure(RedisAway.class)
        .recoverWithItem(() -> without(plan, model, user, cost, !peek))
        .invoke(result -> {
          if (!peek) {
            count(plan.policy(), result);
          }
        });
  }

  private Uni<Response> ask(
      Plan plan, String model, String user, @Nullable String requestId, boolean peek, int cost) {
    long remember = requestId == null ? 0 : Math.min(plan.longestMillis(), REMEMBERED_MS);
    String text = requestId == null ? "" : plan.text();
    String found = requestId == null ? "" : model + SEPARATOR + user + SEPARATOR + text;
    var script =
        redis.run(
            RATE_LIMIT,
            keys.of(model, user, requestId, plan.windows()),
            arguments(plan, peek ? "peek" : "check", cost, remember, text, found));
    if (requestId == null || !keys.hashTag()) {
      return script;
    }
    // In a cluster it lies in another slot than the user's keys, where one script cannot reach it.
    return redis
        .send(Command.SET, keys.found(requestId), found, "PX", remember)
        .chain(() -> script);
  }

  private static Object[] arguments(
      Plan plan, String operation, int cost, long remember, String text, String found) {
    var arguments = new ArrayList<Object>(7 + 6 * plan.windows().size());
    arguments.add(operation);
    arguments.add(cost);
    // Tells apart the members of requests charged within one millisecond.
    arguments.add(Long.toString(ThreadLocalRandom.current().nextLong() >>> 24, 36));
    arguments.add(remember);
    arguments.add(text);
    arguments.add(found);
    arguments.add(plan.windows().size());
    for (RateWindow window : plan.windows()) {
      arguments.add(window.effective().json());
      arguments.add(window.millis());
      arguments.add(Objects.requireNonNull(window.limit()));
      arguments.add(window.capacity());
      arguments.add(window.rate());
      arguments.add(window.parts());
    }
    return arguments.toArray();
  }

  private static CheckResult answered(Plan plan, Response answer) {
    if (answer.type() == ResponseType.MULTI) {
      // Charged before, perhaps by another policy: its windows stand beside its answer.
      var earlier = Plan.read(answer.get(1).toString());
      return decided(
          new Plan(earlier.policy(), earlier.windows(), plan.failMode(), plan.shadow()),
          answer.get(0).toString());
    }
    return decided(plan, answer.toString());
  }

  private static Decided decided(Plan plan, String answer) {
    String[] numbers = answer.split(",", -1);
    boolean fits = numbers[0].equals("1");
    var limits = new ArrayList<Limit>(plan.windows().size());
    var violated = new ArrayList<String>();
    long retryMs = 0;
    for (int i = 0; i < plan.windows().size(); i++) {
      RateWindow window = plan.windows().get(i);
      String name = Objects.requireNonNull(window.window());
      limits.add(
          new Limit(
              name,
              window.effective(),
              window.guarantee(),
              Objects.requireNonNull(window.limit()),
              Long.parseLong(numbers[3 * i + 1]),
              Long.parseLong(numbers[3 * i + 2])));
      long waits = Long.parseLong(numbers[3 * i + 3]);
      if (!fits && waits > 0) {
        violated.add(name);
        retryMs = Math.max(retryMs, waits);
      }
    }
    return decided(plan, limits, fits, retryMs, violated, false);
  }

  private static Decided decided(
      Plan plan,
      List<Limit> limits,
      boolean fits,
      long retryMs,
      List<String> violated,
      boolean degraded) {
    return new Decided(
        new RateLimitDecision(
            fits || plan.shadow(),
            plan.policy(),
            limits,
            fits ? null : (Long) retryMs,
            degraded,
            plan.shadow()),
        plan.windows(),
        fits ? List.of() : violated);
  }

  private CheckResult without(Plan plan, String model, String user, int cost, boolean charge) {
    return switch (plan.failMode()) {
      case CLOSED ->
          // What only watches stands in nobody's way.
          plan.shadow()
              ? decided(plan, List.of(), true, 0, List.of(), true)
              : new Unavailable(plan.policy());
      case OPEN -> decided(plan, List.of(), true, 0, List.of(), true);
      case LOCAL -> {
        var share =
            local.check(
                keys.subject(model, user),
                plan.windows(),
                cost,
                charge,
                replicas.count(),
                System.nanoTime());
        yield decided(
            plan,
            share.limits(),
            share.violated().isEmpty(),
            share.retryMs(),
            share.violated(),
            true);
      }
    };
  }

  private void count(String policy, CheckResult result) {
    boolean degraded = !(result instanceof Decided decided) || decided.decision().degraded();
    String outcome =
        switch (result) {
          case Decided decided ->
              decided.violated().isEmpty()
                  ? "allowed"
                  : decided.decision().allowed() ? "shadow_denied" : "denied";
          case Unavailable closed -> "unavailable";
          case CostTooLarge never -> "refused";
          case NoPolicy none -> "refused";
        };
    meters
        .counter(
            "coordination.ratelimit.decisions",
            "policy",
            policy,
            "outcome",
            outcome,
            "degraded",
            Boolean.toString(degraded))
        .increment();
  }

  /**
   * Charges what a request really cost in place of what it was charged. The first time counts.
   * Empty: no such request, or not any more.
   */
  public Uni<Optional<Decided>> settle(String requestId, int actualCost) {
    return redis
        .send(Command.GET, keys.found(requestId))
        .chain(found ->
            found == null
                ? Uni.createFrom().item(Optional.empty())
                : settle(requestId, actualCost, found.toString()));
  }

  private Uni<Optional<Decided>> settle(String requestId, int actualCost, String found) {
    String[] parts = found.split(SEPARATOR, 3);
    var plan = Plan.read(parts[2]);
    return redis
        .run(
            RATE_LIMIT,
            keys.of(parts[0], parts[1], requestId, plan.windows()),
            arguments(plan, "settle", actualCost, 0, "", ""))
        .map(answer ->
            answer == null ? Optional.empty() : Optional.of(decided(plan, answer.toString())));
  }

  /** How the user's windows stand; nothing is charged. */
  public Uni<CheckResult> peek(String model, String user, @Nullable String policy) {
    return check(new RateLimitCheck(model, user, 0, null, policy, null, true, null));
  }

  /** Lets the user's windows at the model begin anew, and tells how many keys are gone. */
  public Uni<Integer> reset(String model, String user) {
    String pattern = keys.all(model, user);
    return Multi.createBy()
        .repeating()
        .uni(
            () -> new String[] {"0"},
            cursor ->
                redis
                    .send(Command.SCAN, cursor[0], "MATCH", pattern, "COUNT", SCANNED)
                    .invoke(page -> cursor[0] = page.get(0).toString()))
        .whilst(page -> !page.get(0).toString().equals("0"))
        .onItem()
        .transformToUniAndConcatenate(page -> unlink(page.get(1)))
        .collect()
        .with(java.util.stream.Collectors.summingInt(gone -> gone));
  }

  private Uni<Integer> unlink(Response found) {
    Object[] names =
        StreamSupport.stream(found.spliterator(), false).map(Response::toString).toArray();
    return names.length == 0
        ? Uni.createFrom().item(0)
        : redis.send(Command.UNLINK, names).map(Response::toInteger);
  }
}
