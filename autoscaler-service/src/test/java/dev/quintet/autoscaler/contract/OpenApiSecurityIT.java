package dev.quintet.autoscaler.contract;

import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.common.testing.OpenApiSecurityContract;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.Set;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
class OpenApiSecurityIT extends OpenApiSecurityContract {
  /** It looks at the enrolment token by itself. */
  @Override
  protected Set<String> open() {
    return Set.of("POST /api/v1/nodes/register");
  }

  @Override
  protected Set<String> keyRoles() {
    return Set.of(NodeKey.ROLE);
  }
}
