package dev.quintet.common.startup;

import dev.quintet.common.sql.FlywaySessionLock;
import io.quarkus.arc.InjectableInstance;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.interceptor.Interceptor;
import java.util.Comparator;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.flywaydb.core.Flyway;
import org.jboss.logging.Logger;

/**
 * Brings the schemas up to date before anything else starts, where {@code quintet.migrate-at-start}
 * says so: in development, in tests, and in the chart's hook job, which then exits by {@code
 * QUARKUS_INIT_AND_EXIT=true}. Schema auth comes first, since policies of others call it.
 */
@ApplicationScoped
public class Migrations {
  private static final Logger LOG = Logger.getLogger(Migrations.class);

  private final boolean wanted;

  private final InjectableInstance<Flyway> schemas;

  Migrations(
      @ConfigProperty(name = "quintet.migrate-at-start") boolean wanted,
      @Any InjectableInstance<Flyway> schemas) {
    this.wanted = wanted;
    this.schemas = schemas;
  }

  void atStart(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent start) {
    if (!wanted) {
      return;
    }
    schemas.listActive().stream()
        .sorted(Comparator.comparing(flyway -> !schema(flyway).equals("auth")))
        .forEach(flyway -> {
          var done = FlywaySessionLock.on(flyway).migrate();
          LOG.infof(
              "event=migrated schema=%s migrations=%d version=%s",
              schema(flyway), done.migrationsExecuted, done.targetSchemaVersion);
        });
  }

  private static String schema(Flyway flyway) {
    return flyway.getConfiguration().getSchemas()[0];
  }
}
