package dev.quintet.tracker.postgrest;

import dev.quintet.tracker.postgrest.Query.Order;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The one statement that answers a request. This is the only place where SQL is put together: the
 * client chooses columns, conditions and order, so there is no fixed text to write down.
 *
 * <p>Two rules keep it safe. Identifiers and operators come from {@link Column} and {@link
 * QueryParser}, never from the request; what the client wrote, the names it gives to fields of the
 * reply included, is only ever a value, bound as text and cast by PostgreSQL.
 *
 * <p>Every statement gives one row: {@code body} (the JSON for the client), {@code rows}, and where
 * it matters {@code total}, {@code inserted} and {@code first_id}.
 */
final class Statement {
  private static final String TABLE = "tracker.cluster_management";

  private final StringBuilder sql = new StringBuilder();
  private final List<Object> values = new ArrayList<>();

  private Statement() {}

  String sql() {
    return sql.toString();
  }

  List<Object> values() {
    return values;
  }

  /**
   * @param clusters the only ones whose rows the caller may see; null: all
   */
  static Statement read(
      Query query, RowRange range, boolean counted, @Nullable Collection<String> clusters) {
    var statement = new Statement();
    statement.sql.append("WITH ");
    statement.page(TABLE, query, range, counted, clusters);
    return statement;
  }

  /**
   * @param arguments parameter → text; null: SQL's NULL
   */
  static Statement call(
      SeedFunction function,
      Map<String, @Nullable String> arguments,
      Query query,
      RowRange range,
      boolean counted) {
    var statement = new Statement();
    var given = new ArrayList<String>();
    for (Column parameter : function.parameters().values()) {
      if (arguments.containsKey(parameter.name())) {
        String value = arguments.get(parameter.name());
        given.add(
            parameter.name()
                + " => "
                + (value == null ? "NULL" : statement.bind(value, parameter.type())));
      }
    }
    statement
        .sql
        .append("WITH source AS MATERIALIZED (SELECT * FROM tracker.")
        .append(function.result().name())
        .append(given.stream().collect(Collectors.joining(", ", "(", ")")))
        .append("), ");
    statement.page("source", query, range, counted, null);
    return statement;
  }

  /**
   * @param rows a JSON array of objects
   * @param columns the keys that count; one that an object lacks is NULL
   */
  static Statement insert(
      String rows,
      List<Column> columns,
      Query query,
      Preferences preferences,
      @Nullable Collection<String> clusters) {
    var statement = new Statement();
    // Nothing given at all: PostgreSQL shall say which column it misses.
    var written =
        columns.isEmpty() ? List.of(Relation.CLUSTER_MANAGEMENT.column("instance_id")) : columns;
    String names = joined(written, Column::name);
    String payload = statement.bind(rows, "json");
    statement
        .sql
        .append("WITH written AS (INSERT INTO ")
        .append(TABLE)
        .append(" AS t (")
        .append(names)
        .append(") SELECT ")
        .append(names)
        .append(" FROM json_to_recordset(")
        .append(preferences.missingByDefault() ? withDefaults(payload, written) : payload)
        .append(") AS p (")
        .append(joined(written, Column::declaration))
        .append(")");
    if (preferences.resolution() != null) {
      statement
          .sql
          .append(" ON CONFLICT (")
          .append(query.onConflict().map(unique -> joined(unique, Column::name)).orElse("id"))
          .append(") DO ");
      if (preferences.resolution() == Preferences.Resolution.IGNORE_DUPLICATES
          || columns.isEmpty()) {
        statement.sql.append("NOTHING");
      } else {
        statement
            .sql
            .append("UPDATE SET ")
            .append(joined(written, column -> column.name() + " = excluded." + column.name()));
        statement.where(List.of(), clusters);
      }
    }
    statement.sql.append(" RETURNING t.*, t.xmax = 0 AS inserted)");
    statement.reply(query, preferences, "count(*) FILTER (WHERE t.inserted)");
    return statement;
  }

  /**
   * @param changes a JSON object
   */
  static Statement update(
      String changes,
      List<Column> columns,
      Query query,
      Preferences preferences,
      @Nullable Collection<String> clusters) {
    var statement = new Statement();
    String payload = statement.bind(changes, "json");
    statement
        .sql
        .append("WITH written AS (UPDATE ")
        .append(TABLE)
        .append(" AS t SET ")
        .append(joined(columns, column -> column.name() + " = p." + column.name()))
        .append(" FROM json_to_record(")
        .append(payload)
        .append(") AS p (")
        .append(joined(columns, Column::declaration))
        .append(")");
    statement.where(query.filters(), clusters);
    statement.sql.append(" RETURNING t.*)");
    statement.reply(query, preferences, "0");
    return statement;
  }

  static Statement delete(
      Query query, Preferences preferences, @Nullable Collection<String> clusters) {
    var statement = new Statement();
    statement.sql.append("WITH written AS (DELETE FROM ").append(TABLE).append(" AS t");
    statement.where(query.filters(), clusters);
    statement.sql.append(" RETURNING t.*)");
    statement.reply(query, preferences, "0");
    return statement;
  }

  /** Rows of {@code from} that the query asks for, and how many there are without its range. */
  private void page(
      String from,
      Query query,
      RowRange range,
      boolean counted,
      @Nullable Collection<String> clusters) {
    sql.append("page AS (SELECT t.* FROM ").append(from).append(" AS t");
    int whereFrom = sql.length();
    where(query.filters(), clusters);
    String where = sql.substring(whereFrom);
    order(query.order());
    Long limit = range.limit();
    if (limit != null) {
      sql.append(" LIMIT ").append(bind(Long.toString(limit), "bigint"));
    }
    if (range.offset() > 0) {
      sql.append(" OFFSET ").append(bind(Long.toString(range.offset()), "bigint"));
    }
    sql.append(") SELECT ");
    json(query.select());
    sql.append(" AS body, count(*) AS rows, ");
    if (counted) {
      // The same conditions with the same values: $n may stand in two places.
      sql.append("(SELECT count(*) FROM ").append(from).append(" AS t").append(where).append(")");
    } else {
      sql.append("NULL::bigint");
    }
    sql.append(" AS total, 0::bigint AS inserted, NULL::text AS first_id FROM page AS t");
  }

  private void reply(Query query, Preferences preferences, String inserted) {
    sql.append(" SELECT ");
    if (preferences.representation()) {
      json(query.select());
    } else {
      sql.append("''");
    }
    sql.append(" AS body, count(*) AS rows, NULL::bigint AS total, ")
        .append(inserted)
        .append("::bigint AS inserted, min(t.id::text) AS first_id FROM ");
    if (query.order().isEmpty()) {
      sql.append("written AS t");
    } else {
      sql.append("(SELECT * FROM written AS t");
      order(query.order());
      sql.append(") AS t");
    }
  }

  private void json(Map<String, Column> select) {
    sql.append("coalesce(json_agg(json_build_object(");
    var fields = new ArrayList<String>();
    select.forEach((name, column) ->
        fields.add(
            (name.equals(column.name()) ? "'" + name + "'" : bind(name, "text"))
                + ", "
                + column.sql()));
    sql.append(String.join(", ", fields)).append(")), '[]')::text");
  }

  private void where(List<Filter> filters, @Nullable Collection<String> clusters) {
    var conditions = new ArrayList<String>();
    for (Filter filter : filters) {
      String condition = condition(filter.column(), filter.test());
      conditions.add(filter.negated() ? "NOT " + condition : condition);
    }
    if (clusters != null) {
      conditions.add("t.cluster_name = ANY (" + bind(clusters.toArray(String[]::new)) + ")");
    }
    if (!conditions.isEmpty()) {
      sql.append(" WHERE ").append(String.join(" AND ", conditions));
    }
  }

  private String condition(Column column, Filter.Test test) {
    return switch (test) {
      case Filter.Compares compares ->
          "("
              + column.sql()
              + " "
              + compares.operator()
              + " "
              + bind(
                  compares.value(), compares.operator().endsWith("LIKE") ? "text" : column.type())
              + ")";
      case Filter.OneOf in ->
          "("
              + column.sql()
              + " = ANY ("
              + bind(in.values().toArray(String[]::new))
              + "::"
              + column.type()
              + "[]))";
      case Filter.Is is -> "(" + column.sql() + " IS " + is.state() + ")";
    };
  }

  private void order(List<Order> order) {
    if (!order.isEmpty()) {
      sql.append(" ORDER BY ");
      sql.append(
          order.stream()
              .map(term ->
                  term.column().sql()
                      + (term.descending() ? " DESC" : " ASC")
                      + (term.nullsFirst() == null
                          ? ""
                          : term.nullsFirst() ? " NULLS FIRST" : " NULLS LAST"))
              .collect(Collectors.joining(", ")));
    }
  }

  /** A key that an object lacks gets the column's default. */
  private static String withDefaults(String payload, List<Column> columns) {
    String defaults =
        columns.stream()
            .filter(column -> column.byDefault() != null)
            .map(column -> "'" + column.name() + "', " + column.byDefault())
            .collect(Collectors.joining(", ", "jsonb_build_object(", ")"));
    return "(SELECT coalesce(json_agg("
        + defaults
        + " || e), '[]') FROM jsonb_array_elements("
        + payload
        + "::jsonb) AS e)";
  }

  /** As text first: PostgreSQL then reads the value as it would read a literal. */
  private String bind(String value, String type) {
    values.add(value);
    return "$" + values.size() + "::text" + (type.equals("text") ? "" : "::" + type);
  }

  private String bind(String[] value) {
    values.add(value);
    return "$" + values.size() + "::text[]";
  }

  private static String joined(
      List<Column> columns, java.util.function.Function<Column, String> piece) {
    return columns.stream().map(piece).collect(Collectors.joining(", "));
  }
}
