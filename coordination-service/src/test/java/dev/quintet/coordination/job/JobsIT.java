package dev.quintet.coordination.job;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.startsWith;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import dev.quintet.coordination.job.RunResult.Busy;
import dev.quintet.coordination.job.RunResult.Ran;
import dev.quintet.coordination.job.RunResult.RanUnrecorded;
import dev.quintet.coordination.job.RunResult.Taken;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init")
class JobsIT {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");

  Database database;
  Tokens tokens;

  @Inject JobQueries queries;
  @Inject MeterRegistry meters;
  @Inject GatedJob gated;

  private record Work(String name, Supplier<Uni<String>> work) implements Job {
    @Override
    public String schedule() {
      return "off";
    }

    @Override
    public Uni<String> run() {
      return work.get();
    }
  }

  private static ScheduledJob job(String schedule, Supplier<Uni<String>> work) {
    return ScheduledJob.of(new Work("test-" + UUID.randomUUID(), work), Schedule.of(schedule));
  }

  private JobRunner replica(String name) {
    return new JobRunner(queries, name, Duration.ofSeconds(30), meters);
  }

  private static RunResult due(JobRunner replica, ScheduledJob job, Instant at) {
    return replica.due(job, at).await().atMost(LIMIT);
  }

  private List<Map<String, Object>> runs(ScheduledJob job) {
    return List.copyOf(
        database.rows(
            "SELECT fire_time, replica_id, finished_at, outcome FROM coordination.scheduled_job_runs WHERE job_name = ? ORDER BY fire_time",
            job.name()));
  }

  private RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role)).contentType("application/json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0 12 * * *", "1d"})
  void aFireRunsOnceOverAllReplicas(String schedule) {
    var runs = new AtomicInteger();
    var job = job(schedule, () -> Uni.createFrom().item(() -> "run=" + runs.incrementAndGet()));
    var replicas = List.of(replica("a"), replica("b"), replica("c"));
    List<RunResult> results = Race.of(24, i -> () -> due(replicas.get(i % 3), job, NOON));
    assertThat(runs).hasValue(1);
    assertThat(results).filteredOn(Ran.class::isInstance).hasSize(1);
    assertThat(results).filteredOn(Taken.class::isInstance).hasSize(23);
    assertThat(runs(job)).hasSize(1).first().extracting("outcome").isEqualTo("run=1");
    // Late, as a replica with a slow clock is.
    assertThat(due(replica("d"), job, NOON)).isInstanceOf(Taken.class);
    assertThat(runs).hasValue(1);
  }

  @Test
  void eachFireOfACronExpressionIsItsOwn() {
    var runs = new AtomicInteger();
    var job = job("* * * * *", () -> Uni.createFrom().item(() -> "run=" + runs.incrementAndGet()));
    for (int minute = 0; minute < 5; minute++) {
      Instant at = NOON.plusSeconds(60L * minute);
      assertThat(Race.of(3, i -> () -> due(replica("r" + i), job, at)))
          .filteredOn(Ran.class::isInstance)
          .hasSize(1);
    }
    assertThat(runs).hasValue(5);
    assertThat(runs(job)).hasSize(5);
  }

  @Test
  void whatIsDueOftenLeavesNoRow() {
    var job = job("5s", () -> Uni.createFrom().item("flushed=0"));
    assertThat(due(replica("a"), job, NOON)).isEqualTo(new RanUnrecorded("flushed=0"));
    assertThat(runs(job)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"* * * * *", "5s"})
  void twoRunsOfAJobNeverOverlap(String schedule) {
    var gate = new CompletableFuture<String>();
    var started = new CompletableFuture<Boolean>();
    var job =
        job(
            schedule,
            () -> {
              started.complete(true);
              return Uni.createFrom().completionStage(gate);
            });
    var first = replica("a").due(job, NOON).subscribeAsCompletionStage();
    assertThat(started.join()).isTrue();
    assertThat(due(replica("b"), job, NOON.plusSeconds(60))).isInstanceOf(Busy.class);
    gate.complete("done");
    assertThat(first.join()).isNotInstanceOf(Busy.class);
    assertThat(runs(job))
        .extracting(row -> row.get("outcome"))
        .isEqualTo(schedule.equals("5s") ? List.of() : List.of("done", "skipped"));
  }

  @Test
  void theFireAfterACrashRuns() {
    var started = new CompletableFuture<Boolean>();
    var never = new CompletableFuture<String>();
    var runs = new AtomicInteger();
    var job =
        job(
            "* * * * *",
            () -> {
              if (runs.incrementAndGet() > 1) {
                return Uni.createFrom().item("taken up");
              }
              started.complete(true);
              return Uni.createFrom().completionStage(never);
            });
    var crashed = replica("a").due(job, NOON).subscribeAsCompletionStage();
    assertThat(started.join()).isTrue();
    // What PostgreSQL does when a replica is gone.
    assertThat(
            database.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = ? AND objid::bigint = ?",
                job.turn() >>> 32,
                job.turn() & 0xffffffffL))
        .hasSize(1);
    var fires = new AtomicInteger();
    Eventually.holds(
        LIMIT,
        () ->
            assertThat(due(replica("b"), job, NOON.plusSeconds(60L * fires.incrementAndGet())))
                .isInstanceOf(Ran.class));
    assertThat(runs(job).getFirst()).containsEntry("outcome", "crashed");
    assertThat(runs(job).getLast()).containsEntry("outcome", "taken up");
    never.complete("too late");
    assertThat(crashed).failsWithin(LIMIT);
  }

  @Test
  void aFailureIsAnOutcomeAndTheNextFireIsDueAsUsual() {
    var job = job("* * * * *", () -> Uni.createFrom().failure(new IllegalStateException("no")));
    assertThat(due(replica("a"), job, NOON)).isInstanceOf(Ran.class);
    assertThat(due(replica("a"), job, NOON.plusSeconds(60))).isInstanceOf(Ran.class);
    assertThat(runs(job))
        .extracting(row -> row.get("outcome"))
        .containsOnly("failed: IllegalStateException");
  }

  @Test
  void aRunThatTakesTooLongIsGivenUp() {
    var job = job("* * * * *", () -> Uni.createFrom().nothing());
    var impatient = new JobRunner(queries, "a", Duration.ofMillis(50), meters);
    assertThat(due(impatient, job, NOON)).isInstanceOf(Ran.class);
    assertThat(runs(job).getFirst()).containsEntry("outcome", "failed: TimeoutException");
  }

  @Test
  void theClockOfTheServiceFiresByTheSecond() {
    Eventually.holds(
        LIMIT,
        () ->
            assertThat(
                    database.value(
                        "SELECT count(*) FROM coordination.scheduled_job_runs WHERE job_name = 'test-every-second'"
                            + " AND fire_time = date_trunc('second', fire_time) AND outcome = 'ticked'"))
                .isNotIn(0L, 1L));
  }

  @Test
  void anOperatorSeesJobsAndRunsThem() {
    var gate = gated.close();
    var running =
        CompletableFuture.supplyAsync(
            () -> as("devops").post("/api/v1/maintenance/test-gated/run").then().extract());
    Eventually.holds(
        LIMIT,
        () ->
            as("devops")
                .get("/api/v1/maintenance/jobs")
                .then()
                .statusCode(200)
                .body("items.find { it.name == 'test-gated' }.running", equalTo(true)));
    as("admin")
        .post("/api/v1/maintenance/test-gated/run")
        .then()
        .statusCode(409)
        .body("code", equalTo("already_running"));
    gate.complete("done=1");
    var answer = running.join();
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.<String>path("outcome")).isEqualTo("done=1");
    as("devops")
        .get("/api/v1/maintenance/jobs")
        .then()
        .statusCode(200)
        .body("items.name", hasItem("forget-job-runs"))
        .body("items.find { it.name == 'test-gated' }.running", equalTo(false))
        .body("items.find { it.name == 'test-gated' }.schedule", equalTo("off"))
        .body("items.find { it.name == 'test-gated' }.last_run.outcome", equalTo("done=1"))
        .body("items.find { it.name == 'test-gated' }.last_run.finished_at", notNullValue());
  }

  @Test
  void oldRunsAreForgotten() {
    database.execute(
        "INSERT INTO coordination.scheduled_job_runs (job_name, fire_time, replica_id)"
            + " SELECT 'test-old', now() - i * interval '1 day', 'a' FROM generate_series(25, 34) AS i");
    as("devops")
        .post("/api/v1/maintenance/forget-job-runs/run")
        .then()
        .statusCode(200)
        .body("outcome", startsWith("deleted="));
    assertThat(database.count("coordination.scheduled_job_runs WHERE job_name = 'test-old'"))
        .isEqualTo(5);
  }

  /** Scenario 25: the seed's job, and its metric. */
  @Test
  void whatExpiredIsTakenOffTheRecordAndCounted() {
    String key = "cache:doc:expired:" + UUID.randomUUID();
    int made =
        database.update(
            "INSERT INTO coordination.cache_metadata (cache_key, cache_type, created_at, ttl_seconds) VALUES (?, 'document', now() - interval '1 h', 60)",
            key);
    assertThat(made).isEqualTo(1);

    as("devops").post("/api/v1/maintenance/cleanup-cache-metadata/run").then().statusCode(200);

    assertThat(database.rows("SELECT 1 FROM coordination.cache_metadata WHERE cache_key = ?", key))
        .isEmpty();
    assertThat(
            database.rows(
                "SELECT 1 FROM coordination.performance_metrics WHERE metric_type = 'cache' AND metric_name = 'cleanup_count' AND metric_value >= 1"))
        .isNotEmpty();
  }

  @Test
  void whatIsNotThereOrNotAllowedIsSaid() {
    as("devops")
        .post("/api/v1/maintenance/make-tea/run")
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_job"));
    for (String role : List.of("user", "service")) {
      as(role).get("/api/v1/maintenance/jobs").then().statusCode(403);
      as(role).post("/api/v1/maintenance/forget-job-runs/run").then().statusCode(403);
    }
    given().get("/api/v1/maintenance/jobs").then().statusCode(401);
  }
}
