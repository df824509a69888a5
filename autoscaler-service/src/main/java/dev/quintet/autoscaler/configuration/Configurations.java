package dev.quintet.autoscaler.configuration;

import dev.quintet.autoscaler.access.Actor;
import dev.quintet.autoscaler.access.IfMatch;
import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.autoscaler.access.NodeKeyQueries;
import dev.quintet.autoscaler.audit.AuditAction;
import dev.quintet.autoscaler.audit.Change;
import dev.quintet.autoscaler.audit.Changes;
import dev.quintet.autoscaler.configuration.ConfigurationQueries.Applied;
import dev.quintet.autoscaler.configuration.ConfigurationQueries.Owner;
import dev.quintet.autoscaler.configuration.ConfigurationQueries.Version;
import dev.quintet.autoscaler.configuration.ConfigurationRules.Checked;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.ConfigurationCheck;
import dev.quintet.common.api.autoscaler.ConfigurationDiff;
import dev.quintet.common.api.autoscaler.ConfigurationRequest;
import dev.quintet.common.api.autoscaler.NodeConfiguration;
import dev.quintet.common.idempotency.Answer;
import dev.quintet.common.idempotency.Idempotency.Effect;
import dev.quintet.common.idempotency.IdempotencyKey;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.core.Vertx;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Versions of a node's configuration. Their texts are read on a worker thread before a transaction
 * begins; the transaction locks the node, so that of two writers the second sees what the first
 * did.
 */
@ApplicationScoped
class Configurations {
  private static final int LARGEST = 256 * 1024;

  private final Changes changes;
  private final ConfigurationQueries queries;
  private final NodeKeyQueries keys;
  private final Statements statements;
  private final Vertx vertx;

  Configurations(
      Changes changes,
      ConfigurationQueries queries,
      NodeKeyQueries keys,
      Statements statements,
      Vertx vertx) {
    this.changes = changes;
    this.queries = queries;
    this.keys = keys;
    this.statements = statements;
    this.vertx = vertx;
  }

  /** A new active version, by a person. The same bytes as the active one make none. */
  Uni<Answer> put(
      @Nullable IdempotencyKey key,
      Actor actor,
      int node,
      @Nullable String ifMatch,
      ConfigurationRequest request) {
    var wanted = new Wanted(node, request.yamlConfig(), request.note(), ifMatch, null);
    return accepted(request.yamlConfig())
        .chain(checked ->
            changes.make(
                key,
                actor,
                AuditAction.CONFIG_UPDATED,
                List.of(node, request),
                tx -> activate(tx, actor, wanted, checked)));
  }

  /**
   * By the agent itself, where that is allowed. It takes no Idempotency-Key: a stored answer would
   * be given before the key is looked at.
   */
  Uni<Answer> push(
      Actor actor,
      NodeKey nodeKey,
      int node,
      @Nullable String ifMatch,
      ConfigurationRequest request) {
    var wanted = new Wanted(node, request.yamlConfig(), request.note(), ifMatch, null);
    // The key first: who is not let in learns nothing of the text.
    return statements
        .together(tx -> keys.authenticate(tx, nodeKey, node, actor.ipAddress()))
        .chain(() -> accepted(request.yamlConfig()))
        .chain(checked ->
            changes.make(
                null,
                actor,
                AuditAction.CONFIG_UPDATED,
                List.of(node, request),
                tx ->
                    keys.authenticate(tx, nodeKey, node, actor.ipAddress())
                        .chain(() -> queries.lock(tx, node))
                        .invoke(owner -> {
                          if (!owner.map(Owner::allowPush).orElse(false)) {
                            throw new ProblemException(AutoscalerProblem.PUSH_NOT_ALLOWED);
                          }
                        })
                        .chain(() -> activate(tx, actor, wanted, checked))));
  }

  /** A new version with the bytes of an old one: history stays a line. */
  Uni<Answer> rollback(
      @Nullable IdempotencyKey key, Actor actor, int node, int version, @Nullable String ifMatch) {
    return version(node, version)
        .chain(old ->
            accepted(old.yamlConfig())
                .chain(checked ->
                    changes.make(
                        key,
                        actor,
                        AuditAction.CONFIG_ROLLED_BACK,
                        List.of(node, version),
                        tx ->
                            activate(
                                tx,
                                actor,
                                new Wanted(
                                    node,
                                    old.yamlConfig(),
                                    "rolled back to " + version,
                                    ifMatch,
                                    version),
                                checked))));
  }

  Uni<ConfigurationCheck> check(int node, String text) {
    refuseTooLarge(text);
    return queries
        .known(node)
        .chain(known -> {
          if (!known) {
            throw new ProblemException(AutoscalerProblem.UNKNOWN_NODE);
          }
          return aside(() -> {
            Checked checked = ConfigurationRules.check(text);
            return new ConfigurationCheck(
                checked.valid(), checked.errors(), checked.warnings(), NodeKey.sha256(text));
          });
        });
  }

  /** For a person; {@code key}: for the agent with that key. */
  Uni<NodeConfiguration> active(int node, Optional<NodeKey> key, @Nullable String ip) {
    return key.map(shown ->
            statements.together(
                tx -> keys.authenticate(tx, shown, node, ip).chain(() -> queries.active(tx, node))))
        .orElseGet(() -> queries.active(node))
        .chain(found ->
            found.map(active -> Uni.createFrom().item(active)).orElseGet(() -> noneActive(node)));
  }

  Uni<NodeConfiguration> version(int node, int version) {
    return queries
        .version(node, version)
        .chain(found ->
            found
                .map(old -> Uni.createFrom().item(old))
                .orElseGet(() ->
                    queries
                        .known(node)
                        .map(known -> {
                          throw new ProblemException(
                              known
                                  ? AutoscalerProblem.UNKNOWN_CONFIG
                                  : AutoscalerProblem.UNKNOWN_NODE);
                        })));
  }

  Uni<ConfigurationDiff> diff(int node, int from, int to) {
    return version(node, from)
        .chain(older -> version(node, to).chain(newer -> aside(() -> diff(older, newer))));
  }

  static String tag(NodeConfiguration configuration) {
    return "\"" + configuration.configHash() + "\"";
  }

  private Uni<NodeConfiguration> noneActive(int node) {
    return queries
        .known(node)
        .map(known -> {
          throw new ProblemException(
              known ? AutoscalerProblem.NO_ACTIVE_CONFIG : AutoscalerProblem.UNKNOWN_NODE);
        });
  }

  private static ConfigurationDiff diff(NodeConfiguration from, NodeConfiguration to) {
    var before = ConfigurationRules.check(from.yamlConfig()).root();
    var after = ConfigurationRules.check(to.yamlConfig()).root();
    return new ConfigurationDiff(
        from.id(),
        to.id(),
        TextDiff.unified(
            "configuration " + from.id(),
            from.yamlConfig(),
            "configuration " + to.id(),
            to.yamlConfig()),
        before.isPresent() && after.isPresent()
            ? ValueDiff.changes(before.get(), after.get())
            : List.of());
  }

  /**
   * @param rolledBackTo the version whose text it is; null for a new text
   */
  private record Wanted(
      int node,
      String text,
      @Nullable String note,
      @Nullable String ifMatch,
      @Nullable Integer rolledBackTo) {}

  private Uni<Change> activate(SqlConnection tx, Actor actor, Wanted wanted, Checked checked) {
    String hash = NodeKey.sha256(wanted.text());
    return queries
        .lock(tx, wanted.node())
        .map(found -> found.orElseThrow(() -> new ProblemException(AutoscalerProblem.UNKNOWN_NODE)))
        .chain(owner ->
            queries
                .active(tx, wanted.node())
                .chain(before -> {
                  IfMatch.check(wanted.ifMatch(), before.map(Configurations::tag).orElse(null));
                  if (before.filter(active -> active.configHash().equals(hash)).isPresent()) {
                    return Uni.createFrom().item(Change.none(seen(200, before.get())));
                  }
                  return queries
                      .swap(
                          tx,
                          new Version(
                              wanted.node(),
                              wanted.text(),
                              hash,
                              actor.userId(),
                              wanted.note(),
                              checked.limits()))
                      .call(made -> applyLimits(tx, actor, made, checked))
                      .map(made -> told(wanted, owner, before, made));
                }));
  }

  private Uni<Void> applyLimits(
      SqlConnection tx, Actor actor, NodeConfiguration made, Checked checked) {
    if (checked.limits().isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    return queries
        .apply(tx, made.nodeId(), checked.limits())
        .chain(applied ->
            Multi.createFrom()
                .iterable(applied)
                .onItem()
                .transformToUniAndConcatenate(pool -> record(tx, actor, made, pool))
                .collect()
                .asList()
                .replaceWithVoid());
  }

  private Uni<Void> record(SqlConnection tx, Actor actor, NodeConfiguration made, Applied pool) {
    return changes.record(
        tx,
        actor,
        AuditAction.POOL_LIMITS_CHANGED,
        Change.of(Effect.of(200, null))
            .on(pool.pool(), pool.name())
            .from(pool.before())
            .to(pool.now())
            .with("config_id", made.id()));
  }

  /** What the audit trail shows of a version: its text is in the version itself. */
  private record Told(int id, String configHash, int bytes) {
    static Told of(NodeConfiguration configuration) {
      return new Told(
          configuration.id(),
          configuration.configHash(),
          configuration.yamlConfig().getBytes(StandardCharsets.UTF_8).length);
    }
  }

  private static Change told(
      Wanted wanted, Owner owner, Optional<NodeConfiguration> before, NodeConfiguration made) {
    var change = Change.of(seen(201, made)).on(wanted.node(), owner.name()).to(Told.of(made));
    if (before.isPresent()) {
      change = change.from(Told.of(before.get()));
    }
    return wanted.rolledBackTo() == null
        ? change
        : change.with("rolled_back_to", wanted.rolledBackTo());
  }

  private static Effect seen(int status, NodeConfiguration configuration) {
    return new Effect(
        status,
        status == 201
            ? Map.of(
                "ETag",
                tag(configuration),
                "Location",
                "/api/v1/nodes/" + configuration.nodeId() + "/configs/" + configuration.id())
            : Map.of("ETag", tag(configuration)),
        configuration);
  }

  private Uni<Checked> accepted(String text) {
    refuseTooLarge(text);
    return aside(() -> ConfigurationRules.check(text))
        .invoke(checked -> {
          if (!checked.valid()) {
            throw new ProblemException(
                    AutoscalerProblem.YAML_INVALID,
                    checked.errors().size() + " problems, each with line and column")
                .with("problems", checked.errors())
                .with("warnings", checked.warnings());
          }
        });
  }

  private static void refuseTooLarge(String text) {
    if (text.length() > LARGEST || text.getBytes(StandardCharsets.UTF_8).length > LARGEST) {
      throw new ProblemException(AutoscalerProblem.CONFIG_TOO_LARGE).with("limit_bytes", LARGEST);
    }
  }

  /** On a worker thread; several at once. */
  private <T> Uni<T> aside(Callable<T> work) {
    return vertx.executeBlocking(work, false);
  }
}
