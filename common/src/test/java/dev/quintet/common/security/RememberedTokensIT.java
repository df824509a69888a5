package dev.quintet.common.security;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import org.junit.jupiter.api.Test;

/** That tokens are remembered at all: Quarkus may always come to prefer its own check. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the container and the test resource fill the fields in
class RememberedTokensIT {
  Tokens tokens;
  @Inject RememberingIdentityProvider provider;

  @Test
  void aGoodTokenIsRememberedAndABadOneIsNot() {
    String good = tokens.of("user");
    String bad = good + "x";

    given().auth().oauth2(bad).get("/api/v1/probe/caller").then().statusCode(401);
    given().auth().oauth2(good).get("/api/v1/probe/caller").then().statusCode(200);

    assertThat(provider.remembers(good)).isTrue();
    assertThat(provider.remembers(bad)).isFalse();
  }
}
