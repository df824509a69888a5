package dev.quintet.e2e.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.e2e.fleet.Answer;
import dev.quintet.e2e.fleet.Api;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Scenarios 10 to 14: what a rate limit admits over two replicas, and what it does without Redis.
 */
@ResourceLock("coordination")
class LimitsE2E {
  private static final Api API = Coordination.service();

  /** Scenario 10. */
  @Test
  void aWindowIsExactOverReplicas() {
    String policy = policy("closed", window("minute", 100, 60, "log"));
    String user = Coordination.unique("u");
    List<Answer> answers =
        Race.of(500, number -> () -> check(Coordination.serviceAt(number % 2), policy, user, 1));

    assertThat(answers.stream().filter(LimitsE2E::allowed)).hasSize(100);
    Answer denied = answers.stream().filter(answer -> !allowed(answer)).findFirst().orElseThrow();
    assertThat(denied.status()).isEqualTo(429);
    assertThat(denied.body().path("violated-policies")).isNotEmpty();
    assertThat(denied.http().headers().firstValue("Retry-After")).isPresent();
  }

  /** Scenario 11. */
  @Test
  void aDenialByOneWindowChangesNoOther() {
    String policy =
        policy("closed", window("minute", 10, 60, "log"), window("hour", 15, 3600, "bucket"));
    String user = Coordination.unique("u");
    for (int n = 0; n < 10; n++) {
      assertThat(allowed(check(API, policy, user, 1))).isTrue();
    }
    long before = remaining(check(API, policy, user, 0), "hour");

    assertThat(check(API, policy, user, 1).status()).isEqualTo(429);

    assertThat(remaining(check(API, policy, user, 0), "hour")).isEqualTo(before).isEqualTo(5);
  }

  /** Scenario 12. */
  @Test
  void aRepeatIsChargedOnceAndACostAllOrNothing() {
    String policy = policy("closed", window("minute", 10, 60, "log"));
    String user = Coordination.unique("u");
    UUID request = UUID.randomUUID();
    for (int n = 0; n < 10; n++) {
      assertThat(remaining(check(API, policy, user, 1, request), "minute")).isEqualTo(9);
    }
    String other = Coordination.unique("u");
    assertThat(remaining(check(API, policy, other, 7), "minute")).isEqualTo(3);
    assertThat(check(API, policy, other, 5).status()).isEqualTo(429);
    assertThat(remaining(check(API, policy, other, 0), "minute")).isEqualTo(3);
  }

  /** Scenario 13. */
  @Test
  void aReservationIsSettledAtWhatItCost() {
    String policy = policy("closed", window("minute", 1000, 60, "bucket"));
    String user = Coordination.unique("u");
    UUID request = UUID.randomUUID();
    assertThat(remaining(check(API, policy, user, 100, request), "minute")).isEqualTo(900);

    Answer settled =
        API.post("/rate-limits/settle", Map.of("request_id", request, "actual_cost", 40));

    assertThat(settled.status()).as(settled.body().toString()).isEqualTo(200);
    assertThat(remaining(check(API, policy, user, 0), "minute")).isEqualTo(960);
  }

  /** Scenario 14. */
  @Test
  void withoutRedisEachPolicyDoesWhatItSays() {
    String closed = policy("closed", window("minute", 10, 60, "log"));
    String open = policy("open", window("minute", 10, 60, "log"));
    String local = policy("local", window("minute", 10, 60, "log"));
    String user = Coordination.unique("u");
    try {
      Coordination.redis().stop();

      Eventually.holds(
          Duration.ofSeconds(20),
          () ->
              assertThat(check(API, closed, user, 1).code()).isEqualTo("rate_limiter_unavailable"));
      Answer free = check(API, open, user, 1);
      assertThat(allowed(free)).isTrue();
      assertThat(free.body().path("degraded").asBoolean()).isTrue();
      long admitted = 0;
      for (int n = 0; n < 30; n++) {
        admitted += allowed(check(Coordination.serviceAt(0), local, user, 1)) ? 1 : 0;
      }
      assertThat(admitted).as("its share of 10, or all of it if it is alone").isBetween(1L, 10L);
      var lock = Lock.of(Coordination.unique("without-redis"), "a");
      assertThat(lock.take(API, 30_000, 0).status()).isEqualTo(201);
      assertThat(Coordination.fleet().replicas()).allMatch(replica -> replica.readiness() == 200);
    } finally {
      Coordination.redis().start();
    }
    Eventually.holds(
        Duration.ofSeconds(20),
        () -> {
          for (int replica = 0; replica < 2; replica++) {
            Answer again = check(Coordination.serviceAt(replica), open, user, 0);
            assertThat(again.status()).isEqualTo(200);
            assertThat(again.body().path("degraded").asBoolean()).isFalse();
          }
        });
  }

  private static Map<String, Object> window(String name, int limit, int seconds, String algorithm) {
    return Map.of("window", name, "limit", limit, "seconds", seconds, "algorithm", algorithm);
  }

  @SafeVarargs
  private static String policy(String failMode, Map<String, Object>... windows) {
    String name = Coordination.unique("policy");
    var made =
        Coordination.as("devops")
            .send(
                "PUT",
                "/rate-limit-policies/" + name,
                Map.of(
                    "model_pattern", "e2e-*", "windows", List.of(windows), "fail_mode", failMode));
    assertThat(made.status()).as(made.body().toString()).isIn(200, 201);
    return name;
  }

  private static Answer check(Api api, String policy, String user, int cost) {
    return check(api, policy, user, cost, UUID.randomUUID());
  }

  /** A cost of 0 looks and takes nothing. */
  private static Answer check(Api api, String policy, String user, int cost, UUID request) {
    var body = new HashMap<String, Object>();
    body.put("model", "e2e-model");
    body.put("user_id", user);
    body.put("policy", policy);
    body.put("request_id", request);
    if (cost == 0) {
      body.put("peek", true);
    } else {
      body.put("cost", cost);
    }
    return api.post("/rate-limits/check", body);
  }

  private static boolean allowed(Answer answer) {
    return answer.status() == 200 && answer.body().path("allowed").asBoolean();
  }

  private static long remaining(Answer answer, String window) {
    for (JsonNode limit : answer.body().path("limits")) {
      if (limit.path("window").asText().equals(window)) {
        return limit.path("remaining").asLong();
      }
    }
    throw new AssertionError(answer.status() + " " + answer.body());
  }
}
