package dev.quintet.e2e.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.e2e.fleet.Answer;
import dev.quintet.e2e.fleet.Api;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Scenarios 7 to 9: one circuit breaker for two replicas, and for a Redis that forgets. */
@ResourceLock("coordination")
class BreakersE2E {
  private static final Api API = Coordination.service();
  private static final Duration SOON = Duration.ofSeconds(20);

  /** Scenario 7, with a shorter rest than the brief's minute. */
  @Test
  void probesAreCountedOverAllReplicas() {
    String service = breaker(2_000, 30_000);
    open(service);
    Answer shown = Coordination.fleet().api().withToken(null).get("/circuit-breakers/" + service);
    assertThat(shown.body().path("state").asText()).isEqualTo("open");
    assertThat(permitted(permit(service))).isFalse();
    Eventually.holds(SOON, () -> assertThat(retryAfter(service)).isZero());

    List<JsonNode> permits =
        Race.of(100, number -> () -> permitAt(number % 2, service).body()).stream()
            .filter(answer -> answer.path("permitted").asBoolean())
            .toList();

    assertThat(permits).hasSize(2);
    for (JsonNode permit : permits) {
      assertThat(report(service, "success", permit.path("permit_id").asText()).status())
          .isEqualTo(200);
    }
    assertThat(state(service)).isEqualTo("closed");
    var versions = new ArrayList<Long>();
    Coordination.as("devops")
        .get("/circuit-breakers/" + service + "/history")
        .body()
        .path("items")
        .forEach(row -> versions.add(row.path("version").asLong()));
    assertThat(versions).hasSize(3);
    assertThat(versions.stream().sorted().toList())
        .isEqualTo(IntStream.range(0, 3).mapToObj(n -> min(versions) + n).toList());
  }

  private static long min(List<Long> versions) {
    return versions.stream().mapToLong(Long::longValue).min().orElseThrow();
  }

  /** Scenario 8. */
  @Test
  void aProberThatDiesDoesNotStickTheBreaker() {
    String service = breaker(500, 1_000);
    open(service);
    Eventually.holds(SOON, () -> assertThat(permitted(permit(service))).isTrue());
    // Whoever has the permits says nothing any more.
    while (permitted(permit(service))) {
      assertThat(state(service)).isEqualTo("half-open");
    }
    Eventually.holds(
        SOON,
        () ->
            assertThat(state(service).equals("open") || permitted(permit(service)))
                .as("open again, or a permit to try with")
                .isTrue());
  }

  /** Scenario 9. */
  @Test
  void anOpenBreakerStaysOpenWhenRedisForgets() {
    String service = breaker(60_000, 30_000);
    open(service);
    var before = row(service);

    Coordination.redis().flush();

    assertThat(permitted(permit(service))).isFalse();
    assertThat(state(service)).isEqualTo("open");
    assertThat(row(service)).isEqualTo(before);
  }

  /** Opens at 3 failures of 5, as the brief's gpt-4o-mini. */
  private static String breaker(long resetMs, long probeTimeoutMs) {
    String service = Coordination.unique("model");
    var made =
        Coordination.as("devops")
            .send(
                "PUT",
                "/circuit-breakers/" + service,
                Map.of(
                    "failure_threshold",
                    3,
                    "monitoring_window_ms",
                    120_000,
                    "volume_threshold",
                    5,
                    "reset_timeout_ms",
                    resetMs,
                    "half_open_requests",
                    2,
                    "probe_timeout_ms",
                    probeTimeoutMs));
    assertThat(made.status()).as(made.body().toString()).isEqualTo(201);
    return service;
  }

  private static void open(String service) {
    for (String outcome : List.of("success", "success", "failure", "timeout", "failure")) {
      assertThat(report(service, outcome, null).status()).isEqualTo(200);
    }
    assertThat(state(service)).isEqualTo("open");
  }

  private static Answer report(
      String service, String outcome, @org.jspecify.annotations.Nullable String permit) {
    Map<String, Object> one =
        permit == null
            ? Map.of("outcome", outcome, "reporter", "e2e", "duration_ms", 12)
            : Map.of("outcome", outcome, "reporter", "e2e", "duration_ms", 12, "permit_id", permit);
    return API.post("/circuit-breakers/" + service + "/outcomes", Map.of("outcomes", List.of(one)));
  }

  private static Answer permit(String service) {
    return API.post("/circuit-breakers/" + service + "/permits", Map.of("reporter", "e2e"));
  }

  private static Answer permitAt(int replica, String service) {
    return Coordination.serviceAt(replica)
        .post("/circuit-breakers/" + service + "/permits", Map.of("reporter", "e2e"));
  }

  private static boolean permitted(Answer answer) {
    assertThat(answer.status()).as(answer.body().toString()).isEqualTo(200);
    return answer.body().path("permitted").asBoolean();
  }

  private static String state(String service) {
    return API.get("/circuit-breakers/" + service).body().path("state").asText();
  }

  private static long retryAfter(String service) {
    return API.get("/circuit-breakers/" + service).body().path("retry_after_ms").asLong();
  }

  private static Object row(String service) {
    return Coordination.fleet()
        .database()
        .rows(
            "SELECT state, version, open_until FROM coordination.circuit_breaker_states WHERE service_name = ?",
            service);
  }
}
