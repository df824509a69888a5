package dev.quintet.tracker.postgrest;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The seed's functions, which a client may call by name. */
enum SeedFunction {
  UPSERT_INSTANCE_ASSIGNMENT(
      false,
      Set.of("p_instance_id", "p_cluster_name"),
      List.of(
          parameter("p_instance_id", "text"),
          parameter("p_cluster_name", "text"),
          parameter("p_hostname", "text"),
          parameter("p_pod_ip", "inet"),
          parameter("p_node_name", "text"),
          parameter("p_namespace", "text"),
          parameter("p_bot_version", "text"),
          parameter("p_deployment_version", "text"),
          parameter("p_total_shards", "integer")),
      Relation.of(
          "upsert_instance_assignment",
          new Column("instance_id", "text", null),
          new Column("cluster_name", "text", null),
          new Column("assigned_shard_id", "integer", null),
          new Column("total_shards", "integer", null),
          new Column("assignment_strategy", "text", null),
          new Column("is_new_assignment", "boolean", null))),

  GET_NEXT_AVAILABLE_SHARD(
      true,
      Set.of("p_cluster_name"),
      List.of(
          parameter("p_cluster_name", "text"),
          parameter("p_total_shards", "integer"),
          parameter("p_active_threshold", "interval")),
      Relation.of(
          "get_next_available_shard",
          new Column("shard_id", "integer", null),
          new Column("assignment_strategy", "text", null),
          new Column("active_shards", "integer[]", null))),

  CLEANUP_STALE_ASSIGNMENTS(
      false,
      Set.of(),
      List.of(parameter("p_stale_threshold", "interval")),
      Relation.of(
          "cleanup_stale_assignments",
          new Column("cleaned_count", "integer", null),
          new Column("affected_instances", "text[]", null)));

  /** The parameter that names the one cluster a call is about; cleanup has none. */
  static final String CLUSTER = "p_cluster_name";

  private final boolean readOnly;
  private final Set<String> required;
  private final Map<String, Column> parameters = new LinkedHashMap<>();
  private final Relation result;

  SeedFunction(boolean readOnly, Set<String> required, List<Column> parameters, Relation result) {
    this.readOnly = readOnly;
    this.required = required;
    this.result = result;
    parameters.forEach(parameter -> this.parameters.put(parameter.name(), parameter));
  }

  private static Column parameter(String name, String type) {
    return new Column(name, type, null);
  }

  static Optional<SeedFunction> of(String name) {
    for (SeedFunction function : values()) {
      if (function.result.name().equals(name)) {
        return Optional.of(function);
      }
    }
    return Optional.empty();
  }

  /** Only such a function may be called by GET. */
  boolean readOnly() {
    return readOnly;
  }

  Map<String, Column> parameters() {
    return parameters;
  }

  Relation result() {
    return result;
  }

  /** As PostgREST, by the names alone: a function with other parameters is another function. */
  void check(Set<String> arguments) {
    if (!parameters.keySet().containsAll(arguments) || !arguments.containsAll(required)) {
      throw Refused.unknownFunction(result.name(), arguments);
    }
  }
}
