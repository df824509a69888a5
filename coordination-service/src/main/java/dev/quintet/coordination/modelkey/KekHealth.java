package dev.quintet.coordination.modelkey;

import io.smallrye.health.api.HealthGroup;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** Without a key-encryption key everything but keys of models works: a detail. */
@ApplicationScoped
@HealthGroup("dependencies")
public class KekHealth implements HealthCheck {
  private final Keks keks;

  KekHealth(Keks keks) {
    this.keks = keks;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("kek")
        .up()
        .withData("state", keks.active().isPresent() ? "UP" : "MISSING")
        .build();
  }
}
