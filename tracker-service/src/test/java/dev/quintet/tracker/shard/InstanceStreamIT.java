package dev.quintet.tracker.shard;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pod's own stream: whom it is refused, before it has begun. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class InstanceStreamIT {
  Tokens tokens;

  @TestHTTPResource URI base;

  private final String cluster = "stream-" + UUID.randomUUID().toString().substring(0, 13);
  private final String incarnation = UUID.randomUUID().toString();

  @BeforeEach
  void pod() {
    as("admin")
        .body(Map.of("cluster_name", cluster, "total_shards", 1))
        .post("/api/v1/clusters")
        .then()
        .statusCode(201);
    as("service")
        .body(Map.of("instance_id", "pod", "incarnation", incarnation))
        .post("/api/v1/clusters/" + cluster + "/assignments")
        .then()
        .statusCode(201);
  }

  private RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role)).contentType("application/json");
  }

  private void isRefused(String token, String path, int status, String code) {
    given()
        .auth()
        .oauth2(token)
        .accept("text/event-stream")
        .get("/api/v1/clusters/" + path)
        .then()
        .statusCode(status)
        .contentType(equalTo("application/problem+json"))
        .body("code", equalTo(code));
  }

  @Test
  void whoIsNotKnownGetsAProblemAndNoStream() {
    String service = tokens.of("service");
    isRefused(service, cluster + "/instances/ghost/stream", 404, "unknown_instance");
    isRefused(service, cluster + "-x/instances/pod/stream", 404, "unknown_cluster");
    isRefused(
        service,
        cluster + "/instances/pod/stream?incarnation=" + UUID.randomUUID(),
        409,
        "incarnation_superseded");
    isRefused(service, cluster + "/instances/pod/stream?incarnation=x", 422, "invalid_parameter");
    isRefused(service, "-x/instances/pod/stream", 422, "invalid_cluster_name");
    isRefused(tokens.limited(), cluster + "/instances/ghost/stream", 403, "cluster_not_in_scope");
    isRefused(tokens.of("user"), cluster + "/instances/ghost/stream", 403, "forbidden");
    isRefused("abc", cluster + "/instances/ghost/stream", 401, "unauthenticated");
  }

  @Test
  void whoIsKnownGetsItsStream() throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      var response =
          http.send(
              HttpRequest.newBuilder(
                      base.resolve(
                          "/api/v1/clusters/"
                              + cluster
                              + "/instances/pod/stream?incarnation="
                              + incarnation))
                  .header("Authorization", "Bearer " + tokens.of("service"))
                  .build(),
              HttpResponse.BodyHandlers.ofInputStream());
      assertThat(response.statusCode()).isEqualTo(200);
      try (var lines =
          new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
        assertThat(lines.lines().anyMatch(line -> line.startsWith("event:"))).isTrue();
      }
      http.shutdownNow();
    }
  }
}
