package dev.quintet.tracker.upkeep;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The jobs: once over all replicas, and never at the cost of a live lease. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class UpkeepIT {
  Database database;
  Tokens tokens;

  private final String name = "upkeep-" + UUID.randomUUID().toString().substring(0, 13);

  private RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role)).contentType("application/json");
  }

  private long runs(int replicas, String sql) {
    return Race.of(replicas, () -> database.rows(sql)).stream()
        .filter(rows -> !rows.isEmpty())
        .count();
  }

  @Test
  void oneOfTwentyReplicasGetsATick() {
    // So far ahead that the service's own timer stays out of the race.
    var unused =
        database.update("UPDATE tracker.service_state SET last_tick = now() - interval '1 h'");
    String claim = "SELECT * FROM tracker.claim_tick('30 min')";
    as("admin")
        .body(Map.of("cluster_name", name, "total_shards", 1))
        .post("/api/v1/clusters")
        .then()
        .statusCode(201);
    assertThat(runs(20, claim)).isLessThanOrEqualTo(1);
  }

  @Test
  void oneOfTwentyReplicasCleansUpPerTick() {
    var unused =
        database.update("UPDATE tracker.service_state SET last_cleanup = now() - interval '3 h'");
    assertThat(runs(20, "SELECT * FROM tracker.cleanup_turn('1 h', '10 years')")).isEqualTo(1);
    assertThat(runs(20, "SELECT * FROM tracker.cleanup_turn('1 h', '10 years')")).isZero();
    var again =
        database.update(
            "UPDATE tracker.service_state SET last_cleanup = last_cleanup - interval '1 h'");
    assertThat(again).isEqualTo(1);
    assertThat(runs(20, "SELECT * FROM tracker.cleanup_turn('1 h', '10 years')")).isEqualTo(1);
  }

  @Test
  void housekeepingRunsOncePerDayAndMakesThePartitionsToCome() {
    var unused =
        database.update(
            "UPDATE tracker.service_state SET last_housekeeping = now() - interval '2 days'");
    var ran =
        Race.of(
            20,
            () ->
                Objects.requireNonNull(
                    database.value("SELECT tracker.housekeeping_turn(4711, '23 h')")));
    assertThat(ran.stream().filter(Boolean.TRUE::equals)).hasSize(1);
    assertThat(
            database.value(
                "SELECT count(*) >= 3 FROM pg_inherits WHERE inhparent = 'tracker.shard_events'::regclass"))
        .isEqualTo(true);
  }

  @Test
  void instancesThatAreLongGoneAreForgottenInBatchesButNoneThatStillHasSomething() {
    as("admin")
        .body(Map.of("cluster_name", name, "total_shards", 2))
        .post("/api/v1/clusters")
        .then()
        .statusCode(201);
    for (var instance :
        List.of("long-gone-1", "long-gone-2", "long-gone-3", "gone", "active", "held", "next")) {
      var made =
          database.update(
              "INSERT INTO tracker.instances (cluster_name, instance_id, incarnation, state, generation, last_seen)"
                  + " VALUES (?, ?, gen_random_uuid(), ?, 1, now() - ? * interval '1 day')",
              name,
              instance,
              instance.equals("active") ? "active" : "gone",
              instance.equals("gone") ? 6 : 8);
      assertThat(made).isEqualTo(1);
    }
    var leased =
        database.update(
            "UPDATE tracker.shard_leases SET instance_id = 'held', incarnation = gen_random_uuid(), state = 'ready', renewed_at = now(),"
                + " expires_at = now() - interval '8 days', epoch = 1 WHERE cluster_name = ? AND shard_id = 0",
            name);
    var reserved =
        database.update(
            "UPDATE tracker.shard_leases SET reserved_for = 'next', reserved_until = now() + interval '1 h' WHERE cluster_name = ? AND shard_id = 1",
            name);
    assertThat(leased + reserved).isEqualTo(2);

    long forgotten = 0;
    for (int batch = 2; batch == 2; forgotten += batch) {
      batch =
          ((Number)
                  Objects.requireNonNull(
                      database.value("SELECT tracker.forget_instances('7 days', 2)")))
              .intValue();
      assertThat(batch).isLessThanOrEqualTo(2);
    }

    assertThat(forgotten).isGreaterThanOrEqualTo(3);
    assertThat(
            database.value(
                "SELECT string_agg(instance_id, ' ' ORDER BY instance_id) FROM tracker.instances WHERE cluster_name = ?",
                name))
        .isEqualTo("active gone held next");
  }

  @Test
  void theJobOfTheDatabaseIsMadeWhereThereIsOneAndHarmlessWhereNot() {
    assertThat(database.value("SELECT tracker.schedule_cleanup_job()")).isEqualTo(false);
    database.execute(
        "CREATE SCHEMA cron; GRANT USAGE ON SCHEMA cron TO quintet_owner;"
            + " CREATE TABLE cron.job (jobname text PRIMARY KEY, schedule text, command text); GRANT ALL ON cron.job TO quintet_owner;"
            + " CREATE FUNCTION cron.schedule(text, text, text) RETURNS bigint LANGUAGE sql AS"
            + " 'INSERT INTO cron.job VALUES ($1, $2, $3) ON CONFLICT (jobname) DO UPDATE SET schedule = $2, command = $3 RETURNING 1::bigint'");
    try {
      assertThat(database.value("SELECT tracker.schedule_cleanup_job()")).isEqualTo(true);
      assertThat(database.value("SELECT tracker.schedule_cleanup_job()")).isEqualTo(true);
      assertThat(database.rows("SELECT * FROM cron.job"))
          .containsExactly(
              Map.of(
                  "jobname",
                  "cleanup-stale-discord-shards",
                  "schedule",
                  "*/5 * * * *",
                  "command",
                  "SELECT tracker.cleanup_stale_assignments()"));
    } finally {
      database.execute("DROP SCHEMA cron CASCADE");
    }
  }

  @Test
  void cleaningUpOnDemandNeverTakesALiveFencedLease() {
    as("admin")
        .body(Map.of("cluster_name", name, "total_shards", 2))
        .post("/api/v1/clusters")
        .then()
        .statusCode(201);
    as("service")
        .body(Map.of("instance_id", "alive", "incarnation", UUID.randomUUID().toString()))
        .post("/api/v1/clusters/" + name + "/assignments")
        .then()
        .statusCode(201);
    database.execute(
        "INSERT INTO tracker.cluster_management (instance_id, cluster_name, shard_id, total_shards, last_heartbeat)"
            + " VALUES ('old', '"
            + name
            + "', 1, 2, now() - interval '20 minutes')");
    var aged =
        database.update(
            "UPDATE tracker.cluster_management SET last_heartbeat = now() - interval '1 h' WHERE instance_id = 'alive'");
    assertThat(aged).isEqualTo(1);

    as("devops")
        .body(Map.of("threshold_s", 900))
        .post("/api/v1/maintenance/cleanup")
        .then()
        .statusCode(200)
        .body(
            "affected_instances.findAll { it.endsWith('" + name + "') }", contains("old/" + name));
    as("devops")
        .body(Map.of("threshold_s", 0))
        .post("/api/v1/maintenance/cleanup")
        .then()
        .statusCode(200);
    assertThat(
            database.value(
                "SELECT count(*) FROM tracker.v_shards WHERE cluster_name = ? AND instance_id = 'alive'",
                name))
        .isEqualTo(1L);
    as("devops")
        .body(Map.of("threshold_s", -1))
        .post("/api/v1/maintenance/cleanup")
        .then()
        .statusCode(422)
        .body("code", equalTo("invalid_threshold"));
  }
}
