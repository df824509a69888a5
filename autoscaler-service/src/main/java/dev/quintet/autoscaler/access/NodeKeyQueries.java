package dev.quintet.autoscaler.access;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import org.jspecify.annotations.Nullable;

/** Lets a node in where its call is a transaction of several statements. */
@ApplicationScoped
public class NodeKeyQueries {
  /** $1 key hash, $2 the node in the address, $3 address of the caller. Raises what is wrong. */
  private static final String AUTHENTICATE = "SELECT autoscaler.authenticate_node($1, $2, $3)";

  NodeKeyQueries() {}

  /** From here on the transaction sees that node's rows only. */
  public Uni<Void> authenticate(SqlConnection tx, NodeKey key, int node, @Nullable String ip) {
    return tx.preparedQuery(AUTHENTICATE).execute(Tuple.of(key.hash(), node, ip)).replaceWithVoid();
  }
}
