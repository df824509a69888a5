package dev.quintet.tracker.plan;

import static io.restassured.RestAssured.given;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Tokens;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A cluster of its own for one test, what operators do to it, and its clock. */
final class Fleet {
  final String cluster = "fleet-" + UUID.randomUUID().toString().substring(0, 13);
  private final Database database;
  private final Tokens tokens;

  Fleet(Database database, Tokens tokens, int totalShards, Map<String, Object> settings) {
    this.database = database;
    this.tokens = tokens;
    var body = new LinkedHashMap<String, Object>(settings);
    body.put("cluster_name", cluster);
    body.put("total_shards", totalShards);
    body.putIfAbsent("lease_ttl_ms", 60_000);
    body.putIfAbsent("heartbeat_interval_ms", 5_000);
    as("admin").body(body).post("/api/v1/clusters").then().statusCode(201);
  }

  RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role)).contentType("application/json");
  }

  String path(String rest) {
    return "/api/v1/clusters/" + cluster + rest;
  }

  ValidatableResponse post(String role, String rest, @Nullable Object body) {
    var request = as(role);
    return (body == null ? request : request.body(body)).post(path(rest)).then();
  }

  ValidatableResponse get(String rest) {
    return as("devops").get(path(rest)).then();
  }

  Pod pod(String name) {
    return new Pod(this, name);
  }

  /**
   * One tick, whether or not the service's own is at it: that one passes a locked cluster by, so
   * the lock is taken first.
   */
  void tick() {
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      try (var lock = connection.prepareStatement("SELECT tracker.lock_cluster(?)");
          var tick = connection.prepareStatement("SELECT tracker.tick_cluster(?)")) {
        lock.setString(1, cluster);
        lock.execute();
        tick.setString(1, cluster);
        tick.execute();
      }
      connection.commit();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  /** The clock of the cluster's plans goes on by this many seconds, that of its leases stays. */
  void plansAge(int seconds) {
    sql(
        "UPDATE tracker.reshards SET pausing_since = pausing_since - ? * interval '1 s',"
            + " cutover_at = cutover_at - ? * interval '1 s' WHERE cluster_name = ?",
        seconds,
        seconds,
        cluster);
    sql(
        "UPDATE tracker.shard_moves SET directed_at = directed_at - ? * interval '1 s' WHERE cluster_name = ?",
        seconds,
        cluster);
    sql(
        "UPDATE tracker.shard_leases SET reserved_until = reserved_until - ? * interval '1 s' WHERE cluster_name = ?",
        seconds,
        cluster);
  }

  /** The instance's process has been dead for longer than its leases and their grace. */
  void dies(String instance) {
    sql(
        "UPDATE tracker.shard_leases SET expires_at = now() - interval '1 h', renewed_at = now() - interval '1 h'"
            + " WHERE cluster_name = ? AND instance_id = ?",
        cluster,
        instance);
  }

  void sql(String statement, Object... values) {
    var unused = database.update(statement, values);
  }

  long number(String sql, Object... values) {
    return ((Number) Objects.requireNonNull(database.value(sql, values))).longValue();
  }

  @Nullable Object value(String sql, Object... values) {
    return database.value(sql, values);
  }

  long events(String kind) {
    return number(
        "SELECT count(*) FROM tracker.shard_events WHERE cluster_name = ? AND kind = ?",
        cluster,
        kind);
  }
}
