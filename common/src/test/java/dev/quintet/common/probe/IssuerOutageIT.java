package dev.quintet.common.probe;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.quintet.common.testing.Backends;
import dev.quintet.common.testing.Eventually;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * While the issuer's keys cannot be had nobody can say that a token is bad: 503, so that a bot
 * comes back instead of giving up, and never 401.
 */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@QuarkusTestResource(value = IssuerOutageIT.Keys.class, restrictToAnnotatedClass = true)
class IssuerOutageIT {
  Tokens tokens;
  Keys keys;

  /** Stands where the issuer's keys are fetched, and fails in the way it is told to. */
  public static final class Keys implements QuarkusTestResourceLifecycleManager {
    enum Mode {
      GONE,
      FAILING,
      NOT_JSON,
      SILENT,
      ANSWERING
    }

    private volatile Mode mode = Mode.ANSWERING;
    private @Nullable HttpServer server;
    private byte[] real = {};

    @Override
    public Map<String, String> start() {
      try {
        try (InputStream in =
            URI.create(Backends.get().issuer() + "/protocol/openid-connect/certs")
                .toURL()
                .openStream()) {
          real = in.readAllBytes();
        }
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
        return Map.of(
            "quarkus.oidc.jwks-path",
            "http://127.0.0.1:" + server.getAddress().getPort() + "/keys");
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    private void answer(HttpExchange exchange) throws IOException {
      switch (mode) {
        // The connection is closed without an answer, as by a proxy whose issuer went away.
        case GONE -> exchange.close();
        case SILENT -> {}
        case FAILING -> send(exchange, 503, new byte[] {'x'});
        case NOT_JSON -> send(exchange, 200, "<html>".getBytes(StandardCharsets.US_ASCII));
        case ANSWERING -> send(exchange, 200, real);
      }
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
      try (exchange) {
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
      }
    }

    @Override
    public void inject(TestInjector injector) {
      injector.injectIntoFields(this, field -> field.getType() == Keys.class);
    }

    @Override
    public void stop() {
      if (server != null) {
        server.stop(0);
      }
    }
  }

  private ValidatableResponse call(String token) {
    return given().auth().oauth2(token).get("/api/v1/probe/caller").then();
  }

  /** One test, as the first success ends it: known keys are used without asking again. */
  @Test
  void withoutTheIssuersKeysATokenIsNeitherGoodNorBad() {
    for (var mode :
        List.of(Keys.Mode.GONE, Keys.Mode.FAILING, Keys.Mode.NOT_JSON, Keys.Mode.SILENT)) {
      keys.mode = mode;
      call(tokens.of("user"))
          .statusCode(503)
          .contentType(equalTo("application/problem+json"))
          .header("Retry-After", "1")
          .header("WWW-Authenticate", (String) null)
          .body("code", equalTo("issuer_unavailable"));
    }
    // What is no token needs no key to be refused, and who brings none is asked for one.
    call("abc").statusCode(401).body("code", equalTo("unauthenticated"));
    given().get("/api/v1/probe/caller").then().statusCode(401);

    keys.mode = Keys.Mode.ANSWERING;
    assertThat(Race.of(8, () -> call(tokens.of("user")).extract().statusCode())).containsOnly(200);
    tokens
        .refused("user")
        .forEach(
            (name, token) -> call(token).statusCode(401).body("code", equalTo("unauthenticated")));

    // Remembered as verified, it is still no longer good than it says.
    String brief = tokens.ofClient("short-lived");
    Eventually.holds(Duration.ofSeconds(10), () -> call(brief).statusCode(401));

    keys.mode = Keys.Mode.GONE;
    call(tokens.of("user")).statusCode(200);
    call(tokens.wrongSignature("user")).statusCode(401);
  }
}
