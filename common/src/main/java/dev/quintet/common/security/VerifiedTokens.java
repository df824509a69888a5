package dev.quintet.common.security;

import io.quarkus.security.identity.SecurityIdentity;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Whom the tokens stand for that were verified lately. A bot shows the same token for minutes, and
 * the signature of the same bytes under the same key does not change; checking it was half of a
 * heartbeat's cost.
 *
 * <p>What is remembered ends with the token ({@code exp}) and at most {@link #LONGEST} after it was
 * verified. A key that the issuer withdraws goes out of use as soon as before: the time for which
 * keys are kept (quarkus.oidc.jwks.cache-time-to-live) is shorter by as much. A token that was
 * refused is not remembered.
 */
final class VerifiedTokens {
  static final Duration LONGEST = Duration.ofSeconds(30);

  /** A token and its identity take about 10 KiB. */
  private final int most;

  private final Clock clock;
  private final Map<String, Verified> known = new ConcurrentHashMap<>();

  VerifiedTokens(Clock clock, int most) {
    this.clock = clock;
    this.most = most;
  }

  private record Verified(SecurityIdentity identity, Instant until) {}

  Optional<SecurityIdentity> find(String token) {
    var verified = known.get(token);
    if (verified == null) {
      return Optional.empty();
    }
    if (!clock.instant().isBefore(verified.until())) {
      known.remove(token, verified);
      return Optional.empty();
    }
    return Optional.of(verified.identity());
  }

  /** {@code expires}: the token's own end. When there is no room, the token is just not kept. */
  void remember(String token, SecurityIdentity identity, Instant expires) {
    Instant now = clock.instant();
    Instant longest = now.plus(LONGEST);
    if (known.size() >= most) {
      known.values().removeIf(verified -> !now.isBefore(verified.until()));
    }
    if (known.size() < most) {
      known.put(token, new Verified(identity, expires.isBefore(longest) ? expires : longest));
    }
  }

  int size() {
    return known.size();
  }
}
