package dev.quintet.autoscaler.login;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;

import dev.quintet.autoscaler.testing.TestKeys;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.junit.jupiter.api.Test;

/** As it is unless somebody switches it on. */
@QuarkusTest
@TestProfile(BreakglassOffIT.Off.class)
@QuarkusTestResource(ServiceBackends.class)
class BreakglassOffIT {
  public static class Off implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("quintet.autoscaler.breakglass.enabled", "false");
    }
  }

  @Test
  void thereIsNoLocalLogin() {
    given()
        .contentType("application/json")
        .body(Map.of("email", "a@example.test", "password", "correct horse battery"))
        .post("/api/v1/auth/login")
        .then()
        .statusCode(404)
        .body("code", equalTo("local_login_off"));
    given().get("/api/v1/config/public").then().body("local_login", equalTo(false));
  }

  @Test
  void aTokenOfYesterdaysBreakGlassIsWorthNothing() throws Exception {
    var claims = new JwtClaims();
    claims.setIssuer("autoscaler-local");
    claims.setAudience("autoscaler-service");
    claims.setSubject("local:1");
    claims.setJwtId(UUID.randomUUID().toString());
    claims.setIssuedAt(NumericDate.fromSeconds(Instant.now().getEpochSecond()));
    claims.setExpirationTime(NumericDate.fromSeconds(Instant.now().getEpochSecond() + 60));
    var token = new JsonWebSignature();
    token.setPayload(claims.toJson());
    token.setAlgorithmHeaderValue("ES256");
    token.setKey(LocalKeys.of(TestKeys.privateKey()).privateKey());
    given()
        .auth()
        .oauth2(token.getCompactSerialization())
        .get("/api/v1/auth/me")
        .then()
        .statusCode(401)
        .body("code", equalTo("unauthenticated"));
  }
}
