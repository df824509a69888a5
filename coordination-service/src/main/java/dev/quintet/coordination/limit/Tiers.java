package dev.quintet.coordination.limit;

import dev.quintet.common.sql.Outages;
import dev.quintet.common.wakeup.Wakeups;
import dev.quintet.coordination.notice.Notices;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.regex.Pattern;

/**
 * Which tier a user has, kept for 5 s, or until the database tells of a change. Somebody who is not
 * one of ours has the lowest.
 */
@ApplicationScoped
class Tiers {
  private static final String LOWEST = "free";
  private static final Duration KEPT_FOR = Duration.ofSeconds(5);
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofMillis(500);

  /** Then all are forgotten: a user more or less is one indexed row to read. */
  private static final int MOST = 100_000;

  private static final Pattern USER =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private final PolicyQueries queries;
  private final Wakeups wakeups;
  private final ConcurrentMap<String, Known> known = new ConcurrentHashMap<>();

  Tiers(PolicyQueries queries, Wakeups wakeups) {
    this.queries = queries;
    this.wakeups = wakeups;
  }

  /** {@code turn}: notifications counted before it was read, so a later one makes it doubtful. */
  private record Known(String tier, long turn, long until) {}

  Uni<String> of(String user) {
    if (!USER.matcher(user).matches()) {
      return Uni.createFrom().item(LOWEST);
    }
    var last = known.get(user);
    long turn = wakeups.turn(Notices.INVALIDATIONS);
    if (last != null && last.turn() == turn && System.nanoTime() - last.until() < 0) {
      return Uni.createFrom().item(last.tier());
    }
    return queries
        .tier(UUID.fromString(user))
        .map(found -> found.orElse(LOWEST))
        .invoke(tier -> keep(user, tier, turn, KEPT_FOR))
        .ifNoItem()
        .after(PATIENCE)
        .fail()
        .onFailure(Outages::isOutage)
        .recoverWithItem(() -> {
          // Limits do not depend on the database: the last known tier, and not every check asks.
          String tier = last == null ? LOWEST : last.tier();
          keep(user, tier, turn, RETRY_AFTER);
          return tier;
        });
  }

  private void keep(String user, String tier, long turn, Duration keptFor) {
    if (known.size() >= MOST) {
      known.clear();
    }
    known.put(user, new Known(tier, turn, System.nanoTime() + keptFor.toNanos()));
  }
}
