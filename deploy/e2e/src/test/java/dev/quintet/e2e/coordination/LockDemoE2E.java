package dev.quintet.e2e.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Backends;
import dev.quintet.e2e.fleet.Demo;
import dev.quintet.e2e.fleet.Replica;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The demo, as {@code ./quintet demo coordination} runs it: workers share a lock and a limit while
 * a replica, Redis and the holder are killed, and no figure that must be zero is anything else. Its
 * replicas and its Redis are its own.
 */
class LockDemoE2E {
  private static final List<String> MUST_BE_ZERO =
      List.of(
          "two in the resource at once",
          "tokens not higher than one before",
          "calls admitted over the limit",
          "calls admitted while nothing could count them");

  @TempDir Path folder;

  @Test
  void everyFigureThatMustBeZeroIs() {
    var backends = Backends.get();

    var told =
        Demo.run(
            "coordination",
            folder,
            Map.of(
                "PGHOST",
                backends.pgHost(),
                "PGPORT",
                Integer.toString(backends.pgPort()),
                "PGDATABASE",
                Coordination.fleet().database().name(),
                "OIDC_ISSUER",
                backends.issuer(),
                "COORDINATION_JAR",
                Replica.root()
                    .resolve("coordination-service/target/quarkus-app/quarkus-run.jar")
                    .toString()));

    assertThat(told.mustBeZero()).as(told.story()).isEqualTo(MUST_BE_ZERO);
    assertThat(told.notZero()).as(told.story()).isEmpty();
    // Zeros alone would also come from a demo in which nothing happened.
    var figures = told.figures().path("figures");
    assertThat(figures.path("works").asInt()).isGreaterThan(100);
    // The worker that was killed, and calls under way when Redis was, may have been charged and not
    // heard of it.
    assertThat(figures.path("admitted").asInt()).isBetween(390, 400);
  }
}
