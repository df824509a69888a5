package dev.quintet.autoscaler.node;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.autoscaler.access.Actor;
import dev.quintet.autoscaler.access.IfMatch;
import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Change;
import dev.quintet.autoscaler.audit.Changes;
import dev.quintet.autoscaler.node.NodeQueries.Event;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.KeyRotation;
import dev.quintet.common.api.autoscaler.Node;
import dev.quintet.common.api.autoscaler.NodeChange;
import dev.quintet.common.api.autoscaler.NodeKeyIssued;
import dev.quintet.common.api.autoscaler.NodeRegistered;
import dev.quintet.common.api.autoscaler.NodeRequest;
import dev.quintet.common.api.autoscaler.NodeStatus;
import dev.quintet.common.api.autoscaler.NodeWithKey;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.json.Given;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What can be done to a node. Every change locks the node's row first, as heartbeats do, so that
 * the newest entry of its lifecycle log always tells its status.
 */
@ApplicationScoped
class Nodes {
  private static final String BY_HAND = "by hand";

  /** A node may have many millions of metrics, and they go in the one transaction of its end. */
  private static final Duration DELETION = Duration.ofMinutes(5);

  private final Changes changes;
  private final NodeQueries nodes;
  private final EnrollmentQueries tokens;
  private final Secrets secrets;
  private final ObjectMapper json;

  Nodes(
      Changes changes,
      NodeQueries nodes,
      EnrollmentQueries tokens,
      Secrets secrets,
      ObjectMapper json) {
    this.changes = changes;
    this.nodes = nodes;
    this.tokens = tokens;
    this.secrets = secrets;
    this.json = json;
  }

  /** Made by a person. */
  Uni<Answer> create(@Nullable IdempotencyKey key, Actor actor, NodeRequest request) {
    return changes.make(
        key,
        actor,
        AuditAction.NODE_CREATED,
        request,
        tx -> {
          var secret = secrets.nodeKey();
          return enter(tx, request, secret, actor, "created by " + actor.email())
              .map(node -> {
                var answer = new NodeWithKey(node, secret.text(), false);
                return Change.of(new Effect(201, location(node), answer).repeatedAs(answer.again()))
                    .on(node.id(), node.name())
                    .to(node)
                    .with("key_prefix", secret.prefix());
              });
        });
  }

  /** Made by the agent itself, which shows an enrolment token. */
  Uni<Answer> register(
      @Nullable IdempotencyKey key, Actor actor, String token, NodeRequest request) {
    String hash = NodeKey.sha256(token);
    // The token belongs to what the key stands for: its answer is for nobody with another one.
    return changes.make(
        key,
        actor,
        AuditAction.NODE_REGISTERED,
        List.of(hash, request),
        tx -> {
          var secret = secrets.nodeKey();
          return tokens
              .use(tx, hash, request.region())
              .map(Nodes::counted)
              .chain(used ->
                  enter(tx, request, secret, actor, "registered with an enrolment token")
                      .map(node -> {
                        var answer = registered(node, secret.text());
                        return Change.of(
                                new Effect(201, location(node), answer).repeatedAs(answer.again()))
                            .on(node.id(), node.name())
                            .to(node)
                            .with("key_prefix", secret.prefix())
                            .with("enrollment_token_id", used);
                      }));
        });
  }

  Uni<Answer> change(
      @Nullable IdempotencyKey key,
      Actor actor,
      int id,
      @Nullable String ifMatch,
      NodeChange request) {
    return changes.make(
        key,
        actor,
        AuditAction.NODE_UPDATED,
        List.of(id, request),
        tx ->
            locked(tx, id)
                .chain(before -> {
                  IfMatch.check(ifMatch, tag(before));
                  if (before.decommissionedAt() != null && request.status() != null) {
                    throw new ProblemException(AutoscalerProblem.DECOMMISSIONED);
                  }
                  Node wanted = merged(before, request);
                  if (wanted.equals(before)) {
                    return Uni.createFrom().item(Change.none(seen(before)));
                  }
                  return nodes
                      .update(tx, wanted)
                      .chain(() -> logStatus(tx, before, wanted))
                      .chain(() -> nodes.view(tx, id))
                      .map(now -> Change.of(seen(now)).on(id, now.name()).from(before).to(now));
                }));
  }

  Uni<Answer> decommission(@Nullable IdempotencyKey key, Actor actor, int id) {
    return changes.make(
        key,
        actor,
        AuditAction.NODE_DECOMMISSIONED,
        List.of(id),
        tx ->
            locked(tx, id)
                .chain(before -> {
                  if (before.decommissionedAt() != null) {
                    return Uni.createFrom().item(Change.none(seen(before)));
                  }
                  return nodes
                      .revokeKeys(tx, id)
                      .call(() -> nodes.decommission(tx, id))
                      .call(() ->
                          nodes.log(
                              tx,
                              new Event(
                                  id,
                                  "DECOMMISSIONED",
                                  before.status().name(),
                                  NodeStatus.OFFLINE.name(),
                                  BY_HAND,
                                  null)))
                      .chain(revoked ->
                          nodes
                              .view(tx, id)
                              .map(now ->
                                  Change.of(seen(now))
                                      .on(id, now.name())
                                      .from(before)
                                      .to(now)
                                      .with("keys_revoked", revoked)));
                }));
  }

  /** {@code confirm}: the node's name, so that nobody deletes by a wrong number. */
  Uni<Answer> delete(@Nullable IdempotencyKey key, Actor actor, int id, @Nullable String confirm) {
    return changes.makeWithin(
        DELETION,
        key,
        actor,
        AuditAction.NODE_DELETED,
        List.of(id),
        tx ->
            locked(tx, id)
                .chain(before -> {
                  if (!before.name().equals(confirm)) {
                    throw new ProblemException(
                        AutoscalerProblem.CONFIRM_MISMATCH, "send ?confirm= with the node's name");
                  }
                  return nodes
                      .count(tx, id)
                      .call(() -> nodes.delete(tx, id))
                      .map(rows ->
                          Change.of(Effect.of(204, null))
                              .on(id, before.name())
                              .from(before)
                              .with("rows", rows));
                }));
  }

  Uni<Answer> rotateKey(@Nullable IdempotencyKey key, Actor actor, int id, KeyRotation request) {
    return changes.make(
        key,
        actor,
        AuditAction.NODE_KEY_ROTATED,
        List.of(id, request),
        tx ->
            locked(tx, id)
                .chain(node -> {
                  if (node.decommissionedAt() != null) {
                    throw new ProblemException(AutoscalerProblem.DECOMMISSIONED);
                  }
                  var secret = secrets.nodeKey();
                  return nodes
                      .issueKey(tx, id, secret, actor.email(), request.grace())
                      .call(() ->
                          logKey(tx, node, "KEY_ROTATED", Map.of("key_prefix", secret.prefix())))
                      .map(end -> {
                        var answer =
                            new NodeKeyIssued(
                                id, secret.text(), secret.prefix(), end.orElse(null), false);
                        return Change.of(Effect.of(201, answer).repeatedAs(answer.again()))
                            .on(id, node.name())
                            .with("key_prefix", secret.prefix())
                            .with("grace_seconds", request.grace());
                      });
                }));
  }

  /** All keys of the node, those in their grace too. */
  Uni<Answer> revokeKeys(@Nullable IdempotencyKey key, Actor actor, int id) {
    return changes.make(
        key,
        actor,
        AuditAction.NODE_KEY_REVOKED,
        List.of(id),
        tx ->
            locked(tx, id)
                .chain(node ->
                    nodes
                        .revokeKeys(tx, id)
                        .chain(revoked ->
                            revoked == 0
                                ? Uni.createFrom().item(Change.none(Effect.of(204, null)))
                                : logKey(tx, node, "KEY_REVOKED", Map.of("keys", revoked))
                                    .replaceWith(() ->
                                        Change.of(Effect.of(204, null))
                                            .on(id, node.name())
                                            .with("keys_revoked", revoked)))));
  }

  /** What If-Match of a change names. What heartbeats change is not in it. */
  static String tag(Node node) {
    String editable =
        String.join(
            "\u001f",
            node.name(),
            node.region(),
            String.valueOf(node.ipAddress()),
            String.valueOf(node.description()),
            String.valueOf(node.heartbeatIntervalSeconds()),
            String.valueOf(node.allowPush()),
            String.valueOf(node.decommissionedAt()));
    return "\"" + NodeKey.sha256(editable).substring(0, 16) + "\"";
  }

  private Uni<Node> locked(SqlConnection tx, int id) {
    return nodes
        .lock(tx, id)
        .map(
            found -> found.orElseThrow(() -> new ProblemException(AutoscalerProblem.UNKNOWN_NODE)));
  }

  private Uni<Node> enter(
      SqlConnection tx, NodeRequest request, Secrets.Secret secret, Actor actor, String reason) {
    return nodes
        .insert(tx, request)
        .call(id -> nodes.issueKey(tx, id, secret, actor.email(), 0))
        .call(id ->
            nodes.log(
                tx, new Event(id, "REGISTERED", null, NodeStatus.INACTIVE.name(), reason, null)))
        .chain(id -> nodes.view(tx, id));
  }

  /**
   * Leaving OFFLINE is CAME_ONLINE whoever does it: between two WENT_OFFLINE there is always one.
   */
  private Uni<Void> logStatus(SqlConnection tx, Node before, Node now) {
    if (before.status() == now.status()) {
      return Uni.createFrom().voidItem();
    }
    return nodes.log(
        tx,
        new Event(
            now.id(),
            before.status() == NodeStatus.OFFLINE ? "CAME_ONLINE" : "STATUS_CHANGED",
            before.status().name(),
            now.status().name(),
            BY_HAND,
            null));
  }

  private Uni<Void> logKey(SqlConnection tx, Node node, String event, Map<String, ?> extra) {
    String status = node.status().name();
    return nodes.log(
        tx,
        new Event(node.id(), event, status, status, BY_HAND, json.valueToTree(extra).toString()));
  }

  private static int counted(EnrollmentQueries.Use use) {
    return switch (use) {
      case EnrollmentQueries.Use.Counted counted -> counted.token();
      case EnrollmentQueries.Use.Invalid invalid ->
          throw new ProblemException(AutoscalerProblem.ENROLLMENT_INVALID);
      case EnrollmentQueries.Use.UsedUp usedUp ->
          throw new ProblemException(AutoscalerProblem.ENROLLMENT_USED_UP);
      case EnrollmentQueries.Use.OtherRegion other -> {
        var violations = new Violations();
        violations.add(
            CommonProblem.INVALID_VALUE, "/region", "must be the token's: " + other.region());
        violations.orThrow();
        throw new IllegalStateException("a violation was just added");
      }
    };
  }

  private static Node merged(Node node, NodeChange change) {
    return new Node(
        node.id(),
        or(change.name(), node.name()),
        or(change.region(), node.region()),
        given(change.ipAddress(), node.ipAddress()),
        given(change.description(), node.description()),
        or(change.status(), node.status()),
        node.lastHeartbeat(),
        node.createdAt(),
        or(change.heartbeatIntervalSeconds(), node.heartbeatIntervalSeconds()),
        node.agentVersion(),
        or(change.allowPush(), node.allowPush()),
        node.decommissionedAt(),
        node.hasApiKey(),
        node.health(),
        node.configInSync());
  }

  private static <T> T or(@Nullable T wanted, T otherwise) {
    return wanted == null ? otherwise : wanted;
  }

  private static @Nullable String given(
      @Nullable Given<String> wanted, @Nullable String otherwise) {
    return wanted == null ? otherwise : wanted.value();
  }

  private static Effect seen(Node node) {
    return new Effect(200, Map.of("ETag", tag(node)), node);
  }

  private static Map<String, String> location(Node node) {
    return Map.of("Location", "/api/v1/nodes/" + node.id(), "ETag", tag(node));
  }

  private static NodeRegistered registered(Node node, String key) {
    return new NodeRegistered(
        node.id(), key, node.name(), node.region(), node.heartbeatIntervalSeconds(), false);
  }

  /** For the list of statuses that a filter may name. */
  static List<String> statuses() {
    return Arrays.stream(NodeStatus.values()).map(NodeStatus::name).toList();
  }
}
