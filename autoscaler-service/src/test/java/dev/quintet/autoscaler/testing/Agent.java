package dev.quintet.autoscaler.testing;

import static io.restassured.RestAssured.given;

import dev.quintet.autoscaler.testing.Console.Made;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A node's agent: its calls, with its key. */
public record Agent(Made node) {
  /** All is well, and these pools are so. */
  @SafeVarargs
  public final ValidatableResponse beat(Map<String, Object>... pools) {
    return send(Map.of("status", "active", "pool_analytics", List.of(pools)));
  }

  public ValidatableResponse send(Object body) {
    return request().body(body).post("/api/v1/nodes/{id}/heartbeat", node.id()).then();
  }

  public RequestSpecification request() {
    return given().header("X-API-Key", node.key()).contentType("application/json");
  }

  public ValidatableResponse targets() {
    return request().get("/api/v1/nodes/{id}/targets", node.id()).then();
  }

  /** All instances are ready. */
  public static Map<String, Object> pool(String oraclePoolId, int instances, double cpu) {
    return pool(oraclePoolId, instances, instances, cpu);
  }

  public static Map<String, Object> pool(
      String oraclePoolId, int instances, int ready, double cpu) {
    var pool = new LinkedHashMap<String, Object>();
    pool.put("oracle_pool_id", oraclePoolId);
    pool.put("current_instances", instances);
    pool.put("active_instances", ready);
    pool.put("avg_cpu_utilization", cpu);
    pool.put("avg_memory_utilization", 40.0);
    return pool;
  }

  /** The same with one field changed, or taken out. */
  public static Map<String, Object> with(
      Map<String, Object> pool, String field, @Nullable Object value) {
    var other = new LinkedHashMap<>(pool);
    if (value == null) {
      other.remove(field);
    } else {
      other.put(field, value);
    }
    return other;
  }
}
