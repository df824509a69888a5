package dev.quintet.tracker.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One connection of one role; every error is a {@link Refused}. */
public final class Session {
  static final ObjectMapper JSON = new ObjectMapper();

  private final Connection connection;

  Session(Connection connection) {
    this.connection = connection;
  }

  /** Each row as its columns in order. */
  public List<Map<String, @Nullable Object>> rows(String sql, @Nullable Object... values) {
    try (PreparedStatement statement = prepared(sql, values);
        ResultSet found = statement.executeQuery()) {
      var columns = found.getMetaData();
      var rows = new ArrayList<Map<String, @Nullable Object>>();
      while (found.next()) {
        var row = new LinkedHashMap<String, @Nullable Object>();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
          Object value = found.getObject(i);
          String label = columns.getColumnLabel(i);
          row.put(
              row.containsKey(label) ? label + i : label,
              value instanceof java.sql.Array array ? List.of((Object[]) array.getArray()) : value);
        }
        rows.add(row);
      }
      return rows;
    } catch (SQLException e) {
      throw new Refused(sql, e);
    }
  }

  /** The one row, its values joined by a bar: short to compare with. */
  public String line(String sql, @Nullable Object... values) {
    var lines = lines(sql, values);
    if (lines.size() != 1) {
      throw new AssertionError(lines.size() + " rows instead of one: " + sql);
    }
    return lines.getFirst();
  }

  public List<String> lines(String sql, @Nullable Object... values) {
    return rows(sql, values).stream()
        .map(row -> String.join("|", row.values().stream().map(String::valueOf).toList()))
        .toList();
  }

  /** The one value of the one row. */
  public @Nullable Object value(String sql, @Nullable Object... values) {
    var rows = rows(sql, values);
    if (rows.size() != 1) {
      throw new AssertionError(rows.size() + " rows instead of one: " + sql);
    }
    return rows.getFirst().values().iterator().next();
  }

  public long number(String sql, @Nullable Object... values) {
    return ((Number) Objects.requireNonNull(value(sql, values), sql)).longValue();
  }

  public JsonNode json(String sql, @Nullable Object... values) {
    try {
      return JSON.readTree(String.valueOf(value(sql, values)));
    } catch (JsonProcessingException e) {
      throw new AssertionError(sql, e);
    }
  }

  /** Rows changed. */
  public int update(String sql, @Nullable Object... values) {
    try (PreparedStatement statement = prepared(sql, values)) {
      return statement.executeUpdate();
    } catch (SQLException e) {
      throw new Refused(sql, e);
    }
  }

  /** Any number of statements, as psql would run a file. */
  public void run(String sql) {
    try (var statement = connection.createStatement()) {
      var unused = statement.execute(sql);
    } catch (SQLException e) {
      throw new Refused(sql.lines().findFirst().orElse(""), e);
    }
  }

  /** All or nothing. */
  public <T> T transaction(Supplier<T> work) {
    run("BEGIN");
    try {
      T result = work.get();
      run("COMMIT");
      return result;
    } catch (RuntimeException e) {
      run("ROLLBACK");
      throw e;
    }
  }

  private PreparedStatement prepared(String sql, @Nullable Object... values) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
    return statement;
  }
}
