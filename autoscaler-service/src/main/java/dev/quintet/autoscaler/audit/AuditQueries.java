package dev.quintet.autoscaler.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.quintet.autoscaler.access.Actor;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Iterator;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Appends to audit_logs; nothing here changes or deletes a row, nor could it. */
@ApplicationScoped
class AuditQueries {
  /**
   * $1 user_id, $2 user_email, $3 user_role, $4 action, $5 category, $6 resource_type, $7
   * resource_id, $8 resource_name, $9 description, $10 details, $11 ip_address, $12 user_agent, $13
   * status, $14 error_message.
   */
  private static final String APPEND =
      """
      INSERT INTO autoscaler.audit_logs (user_id, user_email, user_role, action, category, resource_type, resource_id, resource_name,
                                         description, details, ip_address, user_agent, status, error_message)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
      """;

  private static final Pattern SECRET =
      // keycloak_user_id is a name, and the point of a link's row.
      Pattern.compile("password|secret|token|key(?!cloak)", Pattern.CASE_INSENSITIVE);
  private static final String MASK = "***";
  private static final int LONGEST = 255;

  private final ObjectMapper json;

  AuditQueries(ObjectMapper json) {
    this.json = json;
  }

  Uni<Void> record(SqlConnection tx, Actor actor, AuditAction action, Change change) {
    JsonNode before = json.valueToTree(change.before());
    JsonNode after = json.valueToTree(change.after());
    ObjectNode details = json.createObjectNode().put("request_id", actor.requestId());
    details.set("before", before);
    details.set("after", after);
    details.set("changed", changed(before, after));
    change.more().forEach((name, value) -> details.set(name, json.valueToTree(value)));
    mask(details);
    return append(
        tx,
        actor,
        action,
        change.resourceId(),
        change.resourceName(),
        change.description(),
        details,
        null);
  }

  Uni<Void> refused(
      SqlConnection tx,
      Actor actor,
      AuditAction action,
      @Nullable String resourceId,
      String error) {
    ObjectNode details = json.createObjectNode().put("request_id", actor.requestId());
    return append(tx, actor, action, resourceId, null, null, details, error);
  }

  private Uni<Void> append(
      SqlConnection tx,
      Actor actor,
      AuditAction action,
      @Nullable String resourceId,
      @Nullable String resourceName,
      @Nullable String description,
      ObjectNode details,
      @Nullable String error) {
    return tx.preparedQuery(APPEND)
        .execute(
            Tuple.tuple()
                .addInteger(actor.userId())
                .addString(cut(actor.email()))
                .addString(actor.role())
                .addString(action.name())
                .addString(action.category().name())
                .addString(action.resourceType())
                .addString(cut(resourceId))
                .addString(cut(resourceName))
                .addString(description)
                .addString(written(details))
                .addString(actor.ipAddress())
                .addString(actor.userAgent())
                .addString(error == null ? "SUCCESS" : "FAILURE")
                .addString(error))
        .replaceWithVoid();
  }

  /** The names of the top-level fields that differ, in order. */
  private ArrayNode changed(JsonNode before, JsonNode after) {
    var names = new TreeSet<String>();
    before.fieldNames().forEachRemaining(names::add);
    after.fieldNames().forEachRemaining(names::add);
    ArrayNode changed = json.createArrayNode();
    names.stream()
        .filter(name -> !before.path(name).equals(after.path(name)))
        .forEach(changed::add);
    return changed;
  }

  private static void mask(JsonNode node) {
    if (node instanceof ObjectNode object) {
      for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
        String name = names.next();
        if (SECRET.matcher(name).find() && object.get(name).isTextual()) {
          object.put(name, MASK);
        }
      }
    }
    node.forEach(AuditQueries::mask);
  }

  private String written(ObjectNode details) {
    try {
      return json.writeValueAsString(details);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree cannot be written", e);
    }
  }

  private static @Nullable String cut(@Nullable String text) {
    return text == null || text.length() <= LONGEST ? text : text.substring(0, LONGEST);
  }
}
