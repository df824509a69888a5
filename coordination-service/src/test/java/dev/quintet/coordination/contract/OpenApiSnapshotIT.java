package dev.quintet.coordination.contract;

import dev.quintet.common.testing.OpenApiSnapshotContract;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
class OpenApiSnapshotIT extends OpenApiSnapshotContract {}
