package dev.quintet.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused before any resource is reached is told as everything else is: by a document. */
@ResourceLock("tracker")
class WireE2E {

  @Test
  void aMethodThatIsNotKnownNamesThoseThatAre() {
    var answer = Tracker.as("admin").send("PUT", "/clusters", "{}");

    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.code()).isEqualTo("method_not_allowed");
    assertThat(answer.http().headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/problem+json");
    assertThat(answer.http().headers().firstValue("Allow").orElseThrow().split(", *"))
        .contains("GET", "POST")
        .doesNotContain("PUT");
  }

  /** No HTTP client would send these. */
  @ParameterizedTest
  @ValueSource(strings = {"/%zz", "/api/v1/clusters/%zz", "/api/v1/clusters/%C3%28"})
  void anAddressThatCannotBeDecodedIsAMalformedRequest(String path) throws IOException {
    URI replica = Tracker.fleet().any().uri("");
    String answer;
    try (var line = new Socket(replica.getHost(), replica.getPort())) {
      line.setSoTimeout(10_000);
      line.getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nHost: tracker\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      answer = new String(line.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    assertThat(answer).startsWith("HTTP/1.1 400 ");
    assertThat(answer.lines().map(String::toLowerCase).filter(l -> l.startsWith("content-type:")))
        .singleElement()
        .asString()
        .contains("application/problem+json");
    assertThat(answer).contains("\"code\":\"malformed_request\"");
  }
}
