package dev.quintet.tracker.postgrest;

import dev.quintet.tracker.postgrest.Query.Order;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a decoded query string against one relation. Whatever it does not understand it refuses: a
 * condition that is silently dropped from a DELETE would be the worst of all answers.
 */
final class QueryParser {
  private static final int MOST_SELECTED = 50;
  private static final int LONGEST_NAME = 63;
  private static final Pattern NUMBER = Pattern.compile("-?\\d{1,18}");

  private static final Map<String, String> COMPARISONS =
      Map.of(
          "eq", "=",
          "neq", "<>",
          "gt", ">",
          "gte", ">=",
          "lt", "<",
          "lte", "<=",
          "like", "LIKE",
          "ilike", "ILIKE");

  private static final Map<String, String> STATES =
      Map.of("null", "NULL", "true", "TRUE", "false", "FALSE", "unknown", "UNKNOWN");

  private static final Set<String> NOT_HERE =
      Set.of(
          "match",
          "imatch",
          "cs",
          "cd",
          "ov",
          "sl",
          "sr",
          "nxr",
          "nxl",
          "adj",
          "fts",
          "plfts",
          "phfts",
          "wfts",
          "isdistinct");

  private final Relation relation;

  /** Parameters of a function called by GET, which look like filters on nothing. */
  private final Set<String> parameters;

  private final Map<String, Column> select = new LinkedHashMap<>();
  private final List<Filter> filters = new ArrayList<>();
  private final List<Order> order = new ArrayList<>();
  private final Map<String, String> arguments = new LinkedHashMap<>();
  private @Nullable Long limit;
  private long offset;
  private @Nullable List<Column> columns;
  private @Nullable List<Column> onConflict;

  private QueryParser(Relation relation, Set<String> parameters) {
    this.relation = relation;
    this.parameters = parameters;
  }

  static Query parse(Relation relation, Map<String, List<String>> query) {
    return parse(relation, query, Set.of());
  }

  static Query parse(Relation relation, Map<String, List<String>> query, Set<String> parameters) {
    var parser = new QueryParser(relation, parameters);
    query.forEach((name, values) -> values.forEach(value -> parser.take(name, value)));
    if (parser.select.isEmpty()) {
      parser.selectAll();
    }
    return new Query(
        parser.select,
        parser.filters,
        parser.order,
        new RowRange(parser.offset, parser.limit),
        Optional.ofNullable(parser.columns),
        Optional.ofNullable(parser.onConflict),
        parser.arguments);
  }

  private void take(String name, String value) {
    switch (name) {
      case "select" -> takeSelect(value);
      case "order" -> takeOrder(value);
      case "limit" -> limit = number("limit", value);
      case "offset" -> offset = number("offset", value);
      case "columns" -> columns = names(value).stream().map(relation::writable).toList();
      case "on_conflict" -> onConflict = names(value).stream().map(relation::column).toList();
      case "and", "or", "not.and", "not.or" ->
          throw Refused.notHere("logical trees (" + name + ") are not served here");
      default -> {
        if (parameters.contains(name)) {
          arguments.put(name, value);
        } else {
          takeFilter(name, value);
        }
      }
    }
  }

  private void selectAll() {
    relation.columns().forEach(column -> select.put(column.name(), column));
  }

  private void takeSelect(String value) {
    if (value.isBlank()) {
      return;
    }
    for (String item : value.split(",", -1)) {
      String wanted = item.strip();
      if (wanted.equals("*")) {
        selectAll();
        continue;
      }
      if (wanted.contains("(") || wanted.contains(")")) {
        throw Refused.notHere("embedding (" + wanted + "): the relation has no relationships");
      }
      if (wanted.contains("::") || wanted.contains("->")) {
        throw Refused.notHere("casts and paths in select (" + wanted + ")");
      }
      int colon = wanted.indexOf(':');
      String column = unquoted(colon < 0 ? wanted : wanted.substring(colon + 1));
      String alias = colon < 0 ? column : unquoted(wanted.substring(0, colon));
      if (column.isEmpty() || alias.isEmpty() || alias.length() > LONGEST_NAME) {
        throw Refused.unparsable("select parameter (" + value + ")", "expecting field names");
      }
      select.put(alias, relation.column(column));
    }
    if (select.size() > MOST_SELECTED) {
      throw Refused.unparsable("select parameter", "more than " + MOST_SELECTED + " fields");
    }
  }

  private void takeOrder(String value) {
    if (value.isBlank()) {
      return;
    }
    for (String item : value.split(",", -1)) {
      String[] parts = item.strip().split("\\.", -1);
      boolean descending = false;
      Boolean nullsFirst = null;
      for (int i = 1; i < parts.length; i++) {
        switch (parts[i]) {
          case "asc", "desc" -> {
            expect(i == 1, value);
            descending = parts[i].equals("desc");
          }
          case "nullsfirst", "nullslast" -> {
            expect(i == parts.length - 1, value);
            nullsFirst = parts[i].equals("nullsfirst");
          }
          default -> expect(false, value);
        }
      }
      expect(!parts[0].isEmpty(), value);
      order.add(new Order(relation.column(unquoted(parts[0])), descending, nullsFirst));
    }
  }

  private static void expect(boolean holds, String order) {
    if (!holds) {
      throw Refused.unparsable(
          "order (" + order + ")",
          "expecting a field, then \"asc\" or \"desc\", then \"nullsfirst\" or \"nullslast\"");
    }
  }

  private void takeFilter(String name, String value) {
    if (name.contains("->")) {
      throw Refused.notHere("paths in filters (" + name + ")");
    }
    Column column = relation.column(unquoted(name));
    boolean negated = value.startsWith("not.");
    String rest = negated ? value.substring(4) : value;
    int dot = rest.indexOf('.');
    if (dot < 0) {
      throw Refused.unparsable("filter (" + value + ")", "expecting operator (eq, gt, ...)");
    }
    filters.add(
        new Filter(column, negated, test(rest.substring(0, dot), rest.substring(dot + 1), value)));
  }

  private static Filter.Test test(String operator, String operand, String whole) {
    String sql = COMPARISONS.get(operator);
    if (sql != null) {
      boolean pattern = sql.endsWith("LIKE");
      return new Filter.Compares(sql, pattern ? operand.replace('*', '%') : operand);
    }
    return switch (operator) {
      case "in" -> new Filter.OneOf(list(operand, whole));
      case "is" -> new Filter.Is(state(operand, whole));
      default -> {
        // eq(any).{…} and the like are known to PostgREST too.
        String bare =
            operator.contains("(") ? operator.substring(0, operator.indexOf('(')) : operator;
        if (NOT_HERE.contains(bare) || COMPARISONS.containsKey(bare)) {
          throw Refused.notHere("operator " + operator);
        }
        throw Refused.unparsable(
            "filter (" + whole + ")", "unknown single value operator " + operator);
      }
    };
  }

  private static String state(String operand, String whole) {
    String state = STATES.get(operand.toLowerCase(Locale.ROOT));
    if (state == null) {
      throw Refused.unparsable(
          "filter (" + whole + ")", "expecting null or trilean value (unknown, true, false)");
    }
    return state;
  }

  /** {@code (a,"b,c","d\"e")}; an element that only begins like a quoted one is taken as it is. */
  private static List<String> list(String operand, String whole) {
    String text = operand.strip();
    if (text.length() < 2 || !text.startsWith("(") || !text.endsWith(")")) {
      throw Refused.unparsable("filter (" + whole + ")", "expecting \"(\" … \")\"");
    }
    String inside = text.substring(1, text.length() - 1);
    var elements = new ArrayList<String>();
    for (int at = 0; !inside.isEmpty() && at <= inside.length(); ) {
      int comma = inside.indexOf(',', at);
      int quoteEnd = closingQuote(inside, at);
      int end = comma < 0 ? inside.length() : comma;
      if (quoteEnd > 0 && (quoteEnd + 1 == inside.length() || inside.charAt(quoteEnd + 1) == ',')) {
        elements.add(inside.substring(at + 1, quoteEnd).replaceAll("(?s)\\\\(.)", "$1"));
        end = quoteEnd + 1;
      } else {
        elements.add(inside.substring(at, end));
      }
      at = end + 1;
    }
    return elements;
  }

  /** Place of the quote that ends the element which begins at {@code start}, or -1. */
  private static int closingQuote(String text, int start) {
    if (start >= text.length() || text.charAt(start) != '"') {
      return -1;
    }
    for (int i = start + 1; i < text.length(); i++) {
      switch (text.charAt(i)) {
        case '\\' -> i++;
        case '"' -> {
          return i;
        }
        default -> {}
      }
    }
    return -1;
  }

  private static long number(String name, String value) {
    if (!NUMBER.matcher(value.strip()).matches()) {
      throw Refused.unparsable(name + " (" + value + ")", "expecting a number");
    }
    long number = Long.parseLong(value.strip());
    if (number < 0) {
      throw Refused.unsatisfiableRange(
          (name.equals("limit") ? "Limit" : "Offset")
              + " should be greater than or equal to zero.");
    }
    return number;
  }

  private static List<String> names(String value) {
    if (value.isBlank()) {
      throw Refused.unparsable("columns parameter", "expecting field names");
    }
    var names = new ArrayList<String>();
    for (String item : value.split(",", -1)) {
      String name = unquoted(item.strip());
      if (!names.contains(name)) {
        names.add(name);
      }
    }
    return names;
  }

  /** postgrest-js puts the names of {@code columns} into quotes. */
  private static String unquoted(String name) {
    return name.length() >= 2 && name.startsWith("\"") && name.endsWith("\"")
        ? name.substring(1, name.length() - 1)
        : name;
  }
}
