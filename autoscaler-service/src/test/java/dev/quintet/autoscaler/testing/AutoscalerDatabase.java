package dev.quintet.autoscaler.testing;

import dev.quintet.common.testing.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;

/** The autoscaler's schema alone, as the migrations make it, with no service that works on it. */
public final class AutoscalerDatabase implements AutoCloseable {
  private final Database database = Database.create("autoscaler_sql");

  public AutoscalerDatabase() {
    var unused =
        Flyway.configure()
            .dataSource(database.jdbcUrl(), "quintet_owner", "owner-dev")
            .schemas("autoscaler")
            .locations("db/migration/autoscaler")
            .load()
            .migrate();
  }

  /** With the superuser's rights. */
  public Database superuser() {
    return database;
  }

  /** As the role that autoscaler-service logs in as: one connection, so one replica. */
  public Connection service() throws SQLException {
    return database.connect("autoscaler_service", "autoscaler-dev");
  }

  /** Each row as its columns in order, with the rights of the service. */
  public List<Map<String, @Nullable Object>> asService(String sql, @Nullable Object... values) {
    try (Connection service = service();
        var statement = service.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      try (var found = statement.executeQuery()) {
        var rows = new ArrayList<Map<String, @Nullable Object>>();
        while (found.next()) {
          var row = new LinkedHashMap<String, @Nullable Object>();
          for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
            row.put(found.getMetaData().getColumnLabel(i), found.getObject(i));
          }
          rows.add(row);
        }
        return rows;
      }
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  @Override
  public void close() {
    database.close();
  }
}
