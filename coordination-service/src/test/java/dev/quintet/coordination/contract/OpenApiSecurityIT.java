package dev.quintet.coordination.contract;

import dev.quintet.common.testing.OpenApiSecurityContract;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.Set;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
class OpenApiSecurityIT extends OpenApiSecurityContract {
  /** The public status page. */
  @Override
  protected Set<String> open() {
    return Set.of(
        "GET /api/v1/circuit-breakers",
        "GET /api/v1/circuit-breakers/{service}",
        "GET /api/v1/circuit-breakers/stream");
  }
}
