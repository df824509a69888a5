package dev.quintet.tracker.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.api.tracker.ClusterChange;
import dev.quintet.common.api.tracker.ClusterConfig;
import dev.quintet.common.api.tracker.ClusterDeleted;
import dev.quintet.common.api.tracker.ClusterRequest;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import org.jspecify.annotations.Nullable;

/** Clusters as administrators make, change and end them. */
@ApplicationScoped
class ClusterSettingsQueries {
  /** $1 cluster, $2 total_shards, $3 settings, $4 actor. */
  private static final String CREATE =
      "SELECT tracker.cluster_settings(tracker.create_cluster($1, $2, $3::text::jsonb, $4))::text";

  /** $1 cluster, $2 config_version or NULL for any, $3 settings, $4 actor. */
  private static final String UPDATE =
      "SELECT tracker.update_cluster($1, $2, $3::text::jsonb, $4)::text";

  /** $1 cluster, $2 force, $3 actor. */
  private static final String DELETE = "SELECT tracker.delete_cluster($1, $2, $3)::text";

  private final Statements statements;
  private final ObjectMapper json;

  ClusterSettingsQueries(Statements statements, ObjectMapper json) {
    this.statements = statements;
    this.json = json;
  }

  Uni<ClusterConfig> create(SqlConnection tx, ClusterRequest request, String actor) {
    return tx.preparedQuery(CREATE)
        .execute(Tuple.of(request.clusterName(), request.totalShards(), written(request), actor))
        .map(rows -> one(rows, ClusterConfig.class));
  }

  Uni<ClusterConfig> update(
      String cluster, @Nullable Integer expected, ClusterChange change, String actor) {
    return statements
        .run(
            UPDATE,
            Tuple.tuple()
                .addString(cluster)
                .addInteger(expected)
                .addString(written(change))
                .addString(actor))
        .map(rows -> one(rows, ClusterConfig.class));
  }

  Uni<ClusterDeleted> delete(String cluster, boolean force, String actor) {
    return statements
        .run(DELETE, Tuple.of(cluster, force, actor))
        .map(rows -> one(rows, ClusterDeleted.class));
  }

  private String written(Object settings) {
    try {
      return json.writeValueAsString(settings);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of numbers and texts cannot be written", e);
    }
  }

  private <T> T one(RowSet<Row> rows, Class<T> type) {
    try {
      return json.readValue(rows.iterator().next().getString(0), type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(
          "a function of the database answered otherwise than " + type.getSimpleName(), e);
    }
  }
}
