package dev.quintet.tracker.postgrest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.sql.DatabaseError;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The answer is an error in PostgREST's shape. Clients compare code and status, so both are as in
 * PostgREST 14; the wording is as near as its clients' regular expressions may ask.
 */
final class Refused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Exactly these members, in this order; null where there is nothing to say. */
  record Body(String code, @Nullable String details, @Nullable String hint, String message) {}

  private static final Map<String, List<String>> UNIQUE =
      Map.of(
          "cluster_management_pkey", List.of("id"),
          "cluster_management_cluster_name_shard_id_key", List.of("cluster_name", "shard_id"),
          "cluster_management_instance_id_cluster_name_key",
              List.of("instance_id", "cluster_name"));

  private final int status;
  private final transient Body body;
  private final @Nullable String constraint;

  private Refused(
      int status, String code, String message, @Nullable String details, @Nullable String hint) {
    this(status, new Body(code, details, hint, message), null);
  }

  private Refused(int status, Body body, @Nullable String constraint) {
    super(body.code(), null, false, false);
    this.status = status;
    this.body = body;
    this.constraint = constraint;
  }

  int status() {
    return status;
  }

  Body body() {
    return body;
  }

  /** What in the query string cannot be parsed. */
  static Refused unparsable(String what, String why) {
    return new Refused(400, "PGRST100", "failed to parse " + what, why, null);
  }

  static Refused wrongRpcMethod(String method) {
    return new Refused(405, "PGRST101", "Cannot use the " + method + " method on RPC", null, null);
  }

  static Refused invalidBody(String why) {
    return new Refused(400, "PGRST102", why, null, null);
  }

  static Refused bodyTooLarge(long most) {
    return new Refused(413, "PGRST102", "The body is larger than " + most + " bytes", null, null);
  }

  static Refused unsatisfiableRange(String why) {
    return new Refused(416, "PGRST103", "Requested range not satisfiable", why, null);
  }

  static Refused unknownSchema(String schema) {
    return new Refused(
        406,
        "PGRST106",
        "Invalid schema: " + schema,
        null,
        "Only the following schemas are exposed: tracker");
  }

  static Refused unacceptable(String mediaTypes) {
    return new Refused(
        406, "PGRST107", "None of these media types are available: " + mediaTypes, null, null);
  }

  static Refused notSingular(long rows) {
    return new Refused(
        406,
        "PGRST116",
        "Cannot coerce the result to a single JSON object",
        "The result contains " + rows + " rows",
        null);
  }

  static Refused unsupportedMethod(String method) {
    return new Refused(405, "PGRST117", "Unsupported HTTP method: " + method, null, null);
  }

  static Refused invalidPreferences(Collection<String> preferences) {
    return new Refused(
        400,
        "PGRST122",
        "Invalid preferences given with handling=strict",
        "Invalid preferences: " + String.join(", ", preferences),
        null);
  }

  static Refused unknownPath() {
    return new Refused(404, "PGRST125", "Invalid path specified in request URL", null, null);
  }

  /** PostgREST has it, this door has not. */
  static Refused notHere(String what) {
    return new Refused(400, "PGRST127", "Feature not implemented", what, null);
  }

  static Refused unknownFunction(String function, Collection<String> arguments) {
    String called =
        "tracker."
            + function
            + (arguments.isEmpty()
                ? " without parameters"
                : "(" + String.join(", ", arguments) + ")");
    return new Refused(
        404,
        "PGRST202",
        "Could not find the function " + called + " in the schema cache",
        "Searched for the function " + called + ", but no matches were found in the schema cache.",
        "The functions are upsert_instance_assignment, get_next_available_shard and"
            + " cleanup_stale_assignments; their parameters begin with p_.");
  }

  static Refused unknownKey(String relation, String key) {
    return new Refused(
        400,
        "PGRST204",
        "Could not find the '" + key + "' column of '" + relation + "' in the schema cache",
        null,
        null);
  }

  static Refused unknownTable(String table) {
    return new Refused(
        404,
        "PGRST205",
        "Could not find the table 'tracker." + table + "' in the schema cache",
        null,
        "Perhaps you meant the table 'tracker.cluster_management'");
  }

  static Refused unknownColumn(String relation, String column) {
    return new Refused(
        400, "42703", "column " + relation + "." + column + " does not exist", null, null);
  }

  /** What Supabase's safeupdate says: a forgotten filter must not end a whole fleet. */
  static Refused withoutFilter(String verb) {
    return new Refused(400, "21000", verb + " requires a WHERE clause", null, null);
  }

  static Refused invalidToken() {
    return new Refused(
        401,
        "PGRST301",
        "The token is not valid",
        null,
        "Send a Keycloak access token of role service as bearer or apikey");
  }

  static Refused anonymous() {
    return new Refused(
        401,
        "PGRST302",
        "Anonymous access is disabled",
        null,
        "Send a Keycloak access token of role service as bearer or apikey");
  }

  static Refused forbidden(String what) {
    return new Refused(403, "42501", "permission denied for " + what, null, null);
  }

  /** A row of a cluster that the token is not for. */
  static Refused otherCluster() {
    return new Refused(
        403,
        "42501",
        "new row violates row-level security policy for table \"cluster_management\"",
        null,
        "The claim tracker_clusters of the token does not name this cluster");
  }

  static Refused databaseAway() {
    return new Refused(
        503, "PGRST001", "Database client error. Retrying the connection.", null, null);
  }

  static Refused internal() {
    return new Refused(500, "PGRSTX00", "The service failed", null, null);
  }

  /** What PostgreSQL answered, as PostgREST passes it on. */
  static Refused byDatabase(DatabaseError error) {
    if (error.unavailable()) {
      return databaseAway();
    }
    int status = statusOf(error.sqlState());
    return status == 500
        ? internal()
        : new Refused(
            status,
            new Body(error.sqlState(), error.detail(), error.hint(), error.message()),
            error.constraint());
  }

  /**
   * PostgreSQL names the key that exists already, but not on a table with row level security; the
   * origin's bots read the shard from there. The caller wrote the row, so it learns nothing new.
   */
  Refused naming(JsonNode row) {
    var key = UNIQUE.get(constraint == null ? "" : constraint);
    if (key == null || body.details() != null) {
      return this;
    }
    String values =
        key.stream()
            .map(column -> row.path(column).asText("null"))
            .collect(Collectors.joining(", "));
    String details = "Key (" + String.join(", ", key) + ")=(" + values + ") already exists.";
    return new Refused(
        status, new Body(body.code(), details, body.hint(), body.message()), constraint);
  }

  private static int statusOf(String state) {
    return switch (state) {
      case "23503", "23505", "TK409", "TK410", "TK412" -> 409;
      case "42883", "42P01", "TK404" -> 404;
      case "42501", "0L000", "0P000" -> 403;
      case "P0001" -> 400;
      default ->
          switch (state.length() < 2 ? "" : state.substring(0, 2)) {
            // Values and constraints; names; a value too large for an index.
            case "20", "21", "22", "23", "26", "42", "44", "54" -> 400;
            case "28" -> 403;
            default -> 500;
          };
    };
  }
}
