package dev.quintet.tracker.postgrest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A body of rows. */
record Payload(ArrayNode rows, List<Column> columns) {
  /**
   * @param columns the query's: other keys are then ignored
   */
  static Payload of(JsonNode body, @Nullable List<Column> columns) {
    var rows = JsonNodeFactory.instance.arrayNode();
    if (body.isArray()) {
      rows.addAll((ArrayNode) body);
    } else {
      rows.add(body);
    }
    var keys = new LinkedHashSet<String>();
    for (int i = 0; i < rows.size(); i++) {
      JsonNode row = rows.get(i);
      if (!row.isObject()) {
        throw Refused.invalidBody("All elements of the body must be objects");
      }
      var own = new LinkedHashSet<String>();
      row.fieldNames().forEachRemaining(own::add);
      if (i > 0 && columns == null && !own.equals(keys)) {
        throw Refused.invalidBody("All object keys must match");
      }
      keys.addAll(own);
    }
    return new Payload(
        rows,
        columns != null
            ? columns
            : keys.stream().map(Relation.CLUSTER_MANAGEMENT::writable).toList());
  }

  /** For a change of existing rows, which is one object. */
  String single() {
    if (rows.size() != 1) {
      throw Refused.invalidBody("A change is one object");
    }
    return rows.get(0).toString();
  }

  /** Refuses rows that would be, or go, outside of the clusters the caller is for. */
  void within(@Nullable Collection<String> clusters, boolean required) {
    if (clusters == null) {
      return;
    }
    boolean named = columns.stream().anyMatch(column -> column.name().equals("cluster_name"));
    for (JsonNode row : rows) {
      JsonNode cluster = named ? row.get("cluster_name") : null;
      if (cluster == null && !required && !named) {
        continue;
      }
      if (cluster == null || !clusters.contains(text(cluster))) {
        throw Refused.otherCluster();
      }
    }
  }

  /** What a function is called with; a value that is no text is taken as its JSON. */
  static Map<String, @Nullable String> arguments(JsonNode body) {
    if (!body.isObject()) {
      throw Refused.invalidBody("The arguments of a function must be an object");
    }
    var arguments = new LinkedHashMap<String, @Nullable String>();
    body.properties().forEach(field -> arguments.put(field.getKey(), text(field.getValue())));
    return arguments;
  }

  private static @Nullable String text(JsonNode value) {
    return value.isNull() ? null : value.isTextual() ? value.textValue() : value.toString();
  }
}
