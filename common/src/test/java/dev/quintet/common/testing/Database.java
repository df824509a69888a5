package dev.quintet.common.testing;

import dev.quintet.common.sql.SqlFile;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** A module's own database, with all roles and extensions; schemas come by migration. */
public final class Database implements AutoCloseable {
  private final Backends backends;
  private final String name;

  private Database(Backends backends, String name) {
    this.backends = backends;
    this.name = name;
  }

  public static Database create(String module) {
    return create(module, Backends.get());
  }

  /** On a server of the caller's own, such as one that it is going to stop. */
  public static Database create(String module, Backends backends) {
    byte[] random = new byte[4];
    ThreadLocalRandom.current().nextBytes(random);
    var database =
        new Database(backends, "quintet_" + module + "_" + HexFormat.of().formatHex(random));
    try (Connection server =
            database.connect(
                "postgres", database.backends.pgUser(), database.backends.pgPassword());
        var create = server.createStatement()) {
      create.execute("CREATE DATABASE " + database.name);
    } catch (SQLException e) {
      throw new IllegalStateException("no database could be made on " + database.backends, e);
    }
    database.bootstrap();
    return database;
  }

  /** Runs the file that only a superuser may run. Any number of times. */
  public void bootstrap() {
    execute(SqlFile.of(SqlFile.class, "/db/bootstrap/roles.sql"));
  }

  /** Where it is, and what else belongs to that set. */
  public Backends backends() {
    return backends;
  }

  public String name() {
    return name;
  }

  public String jdbcUrl() {
    return url(name);
  }

  /** As the superuser. */
  public Connection connect() throws SQLException {
    return connect(name, backends.pgUser(), backends.pgPassword());
  }

  public Connection connect(String user, String password) throws SQLException {
    return connect(name, user, password);
  }

  public void execute(String sql) {
    try (Connection connection = connect();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql.lines().findFirst().orElse(""), e);
    }
  }

  /** Rows changed. */
  public int update(String sql, @Nullable Object... values) {
    try (Connection connection = connect();
        var statement = prepared(connection, sql, values)) {
      return statement.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** Each row as its columns in order. */
  public List<Map<String, @Nullable Object>> rows(String sql, @Nullable Object... values) {
    try (Connection connection = connect();
        var statement = prepared(connection, sql, values);
        ResultSet found = statement.executeQuery()) {
      var rows = new ArrayList<Map<String, @Nullable Object>>();
      while (found.next()) {
        var row = new LinkedHashMap<String, @Nullable Object>();
        for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
          row.put(found.getMetaData().getColumnLabel(i), found.getObject(i));
        }
        rows.add(row);
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** The one value of the one row. */
  public @Nullable Object value(String sql, @Nullable Object... values) {
    var rows = rows(sql, values);
    if (rows.size() != 1) {
      throw new IllegalStateException(rows.size() + " rows instead of one: " + sql);
    }
    return rows.getFirst().values().iterator().next();
  }

  public long count(String table) {
    return ((Number) java.util.Objects.requireNonNull(value("SELECT count(*) FROM " + table)))
        .longValue();
  }

  /** Ends every connection of others, as a fail-over does. */
  public void killConnections() {
    var unused =
        rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ? AND pid <> pg_backend_pid()",
            name);
  }

  /** Lets nobody in until {@link #open()}: for its users the database is away. */
  public void shut() {
    onServer("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false");
    onServer(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
  }

  public void open() {
    onServer("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true");
  }

  @Override
  public void close() {
    onServer("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
  }

  private void onServer(String sql) {
    try (Connection server = connect("postgres", backends.pgUser(), backends.pgPassword());
        var statement = server.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  private Connection connect(String database, String user, String password) throws SQLException {
    return DriverManager.getConnection(url(database), user, password);
  }

  private String url(String database) {
    return "jdbc:postgresql://" + backends.pgHost() + ":" + backends.pgPort() + "/" + database;
  }

  private static PreparedStatement prepared(
      Connection connection, String sql, @Nullable Object... values) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
    return statement;
  }
}
