package dev.quintet.common.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.MutableClock;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class VerifiedTokensTest {
  private final Instant start = Instant.parse("2026-11-21T00:00:00Z");
  private final MutableClock clock = new MutableClock(start);
  private final VerifiedTokens tokens = new VerifiedTokens(clock, 2);

  private static SecurityIdentity identity(String name) {
    return QuarkusSecurityIdentity.builder().setPrincipal(new QuarkusPrincipal(name)).build();
  }

  private void remember(String token, Duration lifetime) {
    tokens.remember(token, identity(token), clock.instant().plus(lifetime));
  }

  @Test
  void oneThatWasVerifiedIsKnownByAllOfItsText() {
    remember("abc", Duration.ofMinutes(5));
    assertThat(tokens.find("abc"))
        .hasValueSatisfying(found -> assertThat(found.getPrincipal().getName()).isEqualTo("abc"));
    assertThat(tokens.find("abd")).isEmpty();
    assertThat(tokens.find("ab")).isEmpty();
  }

  @Test
  void itEndsWithTheToken() {
    remember("abc", Duration.ofSeconds(7));
    clock.advance(Duration.ofMillis(6_999));
    assertThat(tokens.find("abc")).isPresent();
    clock.advance(Duration.ofMillis(1));
    assertThat(tokens.find("abc")).isEmpty();
  }

  @Test
  void aLongLivedTokenIsVerifiedAgainAfterThirtySeconds() {
    remember("abc", Duration.ofDays(365));
    clock.advance(VerifiedTokens.LONGEST.minusMillis(1));
    assertThat(tokens.find("abc")).isPresent();
    clock.advance(Duration.ofMillis(1));
    assertThat(tokens.find("abc")).isEmpty();
  }

  @Test
  void itIsBoundedAndMakesRoomByWhatIsOver() {
    remember("a", Duration.ofSeconds(1));
    remember("b", Duration.ofSeconds(10));
    remember("c", Duration.ofSeconds(10));
    assertThat(tokens.find("c")).isEmpty();
    assertThat(tokens.size()).isEqualTo(2);

    clock.advance(Duration.ofSeconds(1));
    remember("c", Duration.ofSeconds(10));
    assertThat(tokens.find("b")).isPresent();
    assertThat(tokens.find("c")).isPresent();
    assertThat(tokens.size()).isEqualTo(2);
  }
}
