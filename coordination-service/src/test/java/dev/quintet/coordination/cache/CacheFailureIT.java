package dev.quintet.coordination.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import dev.quintet.coordination.cache.CacheCaller.Address;
import dev.quintet.coordination.redis.OwnRedis;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One of the two stores is really away. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@QuarkusTestResource(value = OwnRedis.class, restrictToAnnotatedClass = true)
@SuppressWarnings("NullAway.Init") // filled in by the test resources and Quarkus
class CacheFailureIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  @Inject CacheFlushJob flush;

  Database database;
  Tokens tokens;
  OwnRedis redis;

  private CacheCaller caller;

  @BeforeEach
  void caller() {
    caller = new CacheCaller(tokens);
  }

  @Test
  void withoutRedisNothingIsFoundAndNothingStored() {
    var document = caller.document();
    var address = Address.of(Map.of("document_id", document));
    caller.put(address, "1", null).statusCode(201);
    redis.kill();
    try {
      caller
          .get(address)
          .statusCode(404)
          .body(
              "code", equalTo("cache_miss"), "degraded", equalTo(true), "fill_token", nullValue());
      caller
          .put(address, "1", null)
          .statusCode(202)
          .body("stored", equalTo(false), "degraded", equalTo(true));
      caller
          .lookup(Map.of("type", "document", "content_hash", address.content()))
          .statusCode(200)
          .body("status", equalTo("miss"), "degraded", equalTo(true));
      caller
          .as("service")
          .body(
              Map.of(
                  "type",
                  "document",
                  "items",
                  List.of(
                      Map.of(
                          "content_hash",
                          address.content(),
                          "preferences_hash",
                          address.preferences()))))
          .post("/api/v1/cache/warm")
          .then()
          .statusCode(200)
          .body("degraded", equalTo(true), "present", equalTo(0));
      caller
          .as("service")
          .body(Map.of("document_id", document))
          .post("/api/v1/cache/invalidate")
          .then()
          .statusCode(202)
          .body("pending", equalTo(true));
      caller.as("service").body("{}").put("/api/v1/documents/" + document).then().statusCode(200);
      assertThat(waiting()).isEqualTo(2);
    } finally {
      redis.startServer();
    }
    Eventually.holds(SOON, () -> assertThat(waiting()).isZero());
    Eventually.holds(SOON, () -> caller.put(address, "1", null).statusCode(201));
    caller.get(address).statusCode(200);
  }

  /** Values are found and stored, and the database learns of them later. */
  @Test
  void withoutTheDatabaseTheCacheWorks() {
    var document = caller.document();
    var doomed = caller.document();
    var known = Address.of(Map.of("document_id", document));
    var late = Address.of(Map.of("document_id", document));
    var lost = Address.of(Map.of("document_id", doomed));
    caller.put(known, "1", null).statusCode(201);
    String token = caller.token(late);
    database.shut();
    try {
      caller.get(known).statusCode(200);
      caller.put(late, "2", token).statusCode(201).body("degraded", equalTo(true));
      caller.put(lost, "3", null).statusCode(201);
      caller.get(late).statusCode(200);
    } finally {
      database.open();
    }
    // Emptied by a change that comes before the database was told of the value.
    Eventually.holds(
        SOON,
        () ->
            caller
                .as("service")
                .body("{}")
                .put("/api/v1/documents/" + document)
                .then()
                .statusCode(200));
    Eventually.holds(SOON, () -> caller.get(late).statusCode(404));

    caller.get(lost).statusCode(200);
    Eventually.holds(
        SOON,
        () ->
            assertThat(
                    database.rows(
                        "SELECT 1 FROM coordination.cache_metadata WHERE cache_key = ?",
                        lost.key()))
                .hasSize(1));
  }

  /** A document that went before the database was told of its value takes it along. */
  @Test
  void aLateValueOfADeletedDocumentIsDeleted() {
    var doomed = caller.document();
    var lost = Address.of(Map.of("document_id", doomed));
    database.shut();
    try {
      caller.put(lost, "3", null).statusCode(201);
    } finally {
      database.open();
    }
    Eventually.holds(
        SOON,
        () ->
            assertThat(database.update("DELETE FROM coordination.documents WHERE id = ?", doomed))
                .isLessThanOrEqualTo(1));
    assertThat(flush.run().onFailure().recoverWithItem("").await().atMost(SOON)).isNotNull();
    Eventually.holds(SOON, () -> caller.get(lost).statusCode(404));
  }

  private long waiting() {
    return ((Number)
            Objects.requireNonNull(
                database.value(
                    "SELECT count(*) FROM coordination.cache_invalidation_outbox WHERE done_at IS NULL")))
        .longValue();
  }
}
