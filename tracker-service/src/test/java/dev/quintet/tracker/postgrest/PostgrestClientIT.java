package dev.quintet.tracker.postgrest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Supabase's own client, unchanged, by deploy/clients/postgrest-check. Needs Node.js 20 or later.
 */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // filled in by ServiceBackends
class PostgrestClientIT {
  private static final Path CHECK = Path.of("../deploy/clients/postgrest-check");

  Tokens tokens;

  @ParameterizedTest
  @ValueSource(strings = {"access token", "fixed key"})
  void supabasesClientFindsWhatItExpects(String kind) throws Exception {
    install();

    var result =
        run(
            List.of("node", "--test", "--test-reporter=spec"),
            Map.of(
                "TRACKER_URL",
                "http://127.0.0.1:" + RestAssured.port,
                "TRACKER_KEY",
                kind.equals("fixed key") ? ApiKeys.DEVELOPMENT : tokens.of("service")));

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(result.output()).containsPattern("pass [1-9][0-9]");
  }

  @Test
  void itsLockFileNamesNoDownloadAddress() throws IOException {
    assertThat(Files.readString(CHECK.resolve("package-lock.json")))
        .doesNotContain("resolved")
        .doesNotContain("http");
  }

  private static void install() throws Exception {
    if (Files.notExists(CHECK.resolve("node_modules/@supabase/postgrest-js"))) {
      var result =
          run(List.of("npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"), Map.of());
      assertThat(result.exitCode()).as(result.output()).isZero();
    }
  }

  private record Result(int exitCode, String output) {}

  private static Result run(List<String> command, Map<String, String> environment)
      throws Exception {
    Path log = Files.createTempFile("postgrest-check", ".log");
    var builder =
        new ProcessBuilder(command)
            .directory(CHECK.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .redirectInput(new File("/dev/null"));
    builder.environment().putAll(environment);
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new IllegalStateException(
          command.getFirst() + " is not to be found: install Node.js 20 or later", e);
    }
    try {
      boolean ended = process.waitFor(120, TimeUnit.SECONDS);
      String output = Files.readString(log, StandardCharsets.UTF_8);
      return new Result(ended ? process.exitValue() : -1, output);
    } finally {
      var unused = process.destroyForcibly();
      Files.delete(log);
    }
  }
}
