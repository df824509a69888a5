package dev.quintet.common.sql;

import org.flywaydb.core.Flyway;
import org.flywaydb.database.postgresql.PostgreSQLConfigurationExtension;

/**
 * Makes Flyway hold its lock by session. Its usual one is a transaction, and CREATE INDEX
 * CONCURRENTLY in a migration would wait for that one for ever.
 */
public final class FlywaySessionLock {
  private FlywaySessionLock() {}

  public static Flyway on(Flyway flyway) {
    flyway
        .getConfiguration()
        .getPluginRegister()
        .getExact(PostgreSQLConfigurationExtension.class)
        .setTransactionalLock(false);
    return flyway;
  }
}
