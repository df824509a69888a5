package dev.quintet.coordination.cache;

import static io.restassured.RestAssured.given;

import dev.quintet.common.testing.Tokens;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** A service that caches what it computes. */
final class CacheCaller {
  private final Tokens tokens;

  CacheCaller(Tokens tokens) {
    this.tokens = tokens;
  }

  /** 64 hexadecimal digits that nobody has used. */
  static String hash() {
    byte[] bytes = new byte[32];
    ThreadLocalRandom.current().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  RequestSpecification as(String role) {
    return given().auth().oauth2(tokens.of(role)).contentType("application/json");
  }

  /** A value's address, with what it depends on. */
  record Address(String content, String preferences, Map<String, ?> query) {
    static Address of(Map<String, ?> query) {
      return new Address(hash(), hash(), query);
    }

    String path() {
      return "/api/v1/cache/documents/" + content + "/" + preferences;
    }

    /** Of a value that is nobody's. */
    String key() {
      return "cache:doc:" + content + ":" + preferences;
    }
  }

  ValidatableResponse get(Address address) {
    return as("service").queryParams(address.query()).get(address.path()).then();
  }

  ValidatableResponse put(Address address, Object value, @Nullable String token) {
    return put(address, Map.of(), value, token);
  }

  ValidatableResponse put(
      Address address, Map<String, ?> more, Object value, @Nullable String token) {
    var request = as("service").queryParams(address.query()).queryParams(more).body(value);
    return (token == null ? request : request.header(CacheResource.FILL_TOKEN, token))
        .put(address.path())
        .then();
  }

  /** The fill token of a miss. */
  String token(Address address) {
    return get(address).statusCode(404).extract().header(CacheResource.FILL_TOKEN);
  }

  UUID document() {
    var id = UUID.randomUUID();
    as("service").body("{}").put("/api/v1/documents/" + id).then().statusCode(201);
    return id;
  }

  UUID user(String tier) {
    var id = UUID.randomUUID();
    as("service")
        .body(Map.of("subscription_tier", tier))
        .put("/api/v1/users/" + id)
        .then()
        .statusCode(201);
    return id;
  }

  ValidatableResponse lookup(Map<String, ?> request) {
    return as("service").body(request).post("/api/v1/cache/lookup").then();
  }
}
