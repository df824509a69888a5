package dev.quintet.common.health;

import dev.quintet.common.sql.Statements;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.health.api.HealthGroup;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheckResponse;

/**
 * In the group {@code dependencies}, not in readiness: were a service unready while the database is
 * away, clients would meet a closed door instead of a 503 that says when to come back.
 */
@ApplicationScoped
@HealthGroup("dependencies")
public class DatabaseHealth implements AsyncHealthCheck {
  private final Statements statements;

  DatabaseHealth(Statements statements) {
    this.statements = statements;
  }

  @Override
  public Uni<HealthCheckResponse> call() {
    return statements
        .run("SELECT 1")
        .ifNoItem()
        .after(Duration.ofSeconds(2))
        .fail()
        .map(rows -> HealthCheckResponse.up("postgresql"))
        .onFailure()
        .recoverWithItem(() -> HealthCheckResponse.down("postgresql"));
  }
}
