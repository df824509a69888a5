package dev.quintet.coordination.limit;

import dev.quintet.common.api.coordination.RateLimitPolicy;
import dev.quintet.common.sql.Outages;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which policy a check falls under. The enabled ones are kept for {@link #KEPT_FOR}, and for as
 * long as the database is away: limits must not depend on it.
 */
@ApplicationScoped
class Policies {
  static final Duration KEPT_FOR = Duration.ofSeconds(5);

  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  /** A database that takes longer is treated as away, where something is known. */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  /** The one that counts comes first: the more exact one where priorities are equal. */
  private static final Comparator<Rule> ORDER =
      Comparator.comparingInt((Rule rule) -> -rule.policy().priority())
          .thenComparing(rule -> rule.policy().tier() == null)
          .thenComparingInt(rule -> -rule.policy().modelPattern().length())
          .thenComparing(rule -> rule.policy().name());

  private final PolicyQueries queries;
  private final AtomicLong changes = new AtomicLong();
  private final AtomicReference<@Nullable Known> known = new AtomicReference<>();
  private final AtomicReference<@Nullable Reading> reading = new AtomicReference<>();

  Policies(PolicyQueries queries) {
    this.queries = queries;
  }

  private record Rule(RateLimitPolicy policy, Pattern models) {
    static Rule of(RateLimitPolicy policy) {
      String regex =
          Stream.of(policy.modelPattern().split("\\*", -1))
              .map(text -> text.isEmpty() ? "" : Pattern.quote(text))
              .collect(Collectors.joining(".*"));
      return new Rule(policy, Pattern.compile(regex));
    }

    boolean fits(String model, @Nullable String tier) {
      return (policy.tier() == null || policy.tier().equals(tier))
          && models.matcher(model).matches();
    }
  }

  /** {@code since}: changes made here before it was read; after another it counts no more. */
  private record Known(
      List<Rule> rules, Map<String, RateLimitPolicy> byName, long since, long until) {}

  private record Reading(Uni<Known> result, long since) {}

  Uni<Optional<Plan>> named(String name) {
    return found(
        now -> Uni.createFrom().item(Optional.ofNullable(now.byName().get(name)).map(Plan::of)));
  }

  /** {@code tier} is asked only where a policy that fits the model depends on it. */
  Uni<Optional<Plan>> matching(String model, Function<String, Uni<String>> tier, String user) {
    return found(now -> {
      boolean matters =
          now.rules().stream()
              .anyMatch(
                  rule -> rule.policy().tier() != null && rule.models().matcher(model).matches());
      return matters
          ? tier.apply(user).map(known -> first(now, model, known))
          : Uni.createFrom().item(first(now, model, null));
    });
  }

  /** What is not among the known may have been made on another replica just now. */
  private Uni<Optional<Plan>> found(Function<Known, Uni<Optional<Plan>>> search) {
    return current()
        .chain(now ->
            search
                .apply(now)
                .chain(plan ->
                    plan.isPresent()
                        ? Uni.createFrom().item(plan)
                        : readAgain(now).chain(search::apply)));
  }

  /** After a change here; other replicas follow within {@link #KEPT_FOR}. */
  void changed() {
    // What is being read now may be from before it.
    changes.incrementAndGet();
  }

  private static Optional<Plan> first(Known now, String model, @Nullable String tier) {
    return now.rules().stream()
        .filter(rule -> rule.fits(model, tier))
        .findFirst()
        .map(rule -> Plan.of(rule.policy()));
  }

  private Uni<Known> current() {
    long since = changes.get();
    var now = known.get();
    if (now != null && now.since() == since && System.nanoTime() - now.until() < 0) {
      return Uni.createFrom().item(now);
    }
    return readAgain(now);
  }

  private Uni<Known> readAgain(@Nullable Known last) {
    long since = changes.get();
    var running = reading.get();
    if (running != null && running.since() == since) {
      return running.result();
    }
    // One reading serves all who ask meanwhile.
    var mine =
        new Reading(
            read(last, since)
                .invoke(known::set)
                .onTermination()
                .invoke(() -> finished(since))
                .memoize()
                .indefinitely(),
            since);
    reading.set(mine);
    return mine.result();
  }

  private void finished(long since) {
    reading.updateAndGet(last -> last != null && last.since() == since ? null : last);
  }

  private Uni<Known> read(@Nullable Known last, long since) {
    var read = queries.enabled().map(policies -> known(policies, since));
    return last == null
        ? read
        : read.ifNoItem()
            .after(PATIENCE)
            .fail()
            .onFailure(Outages::isOutage)
            .recoverWithItem(() -> renewed(last, since));
  }

  private static Known known(List<RateLimitPolicy> policies, long since) {
    var byName = new HashMap<String, RateLimitPolicy>();
    policies.forEach(policy -> byName.put(policy.name(), policy));
    return new Known(
        policies.stream().map(Rule::of).sorted(ORDER).toList(),
        byName,
        since,
        System.nanoTime() + KEPT_FOR.toNanos());
  }

  private static Known renewed(Known last, long since) {
    return new Known(last.rules(), last.byName(), since, System.nanoTime() + RETRY_AFTER.toNanos());
  }
}
