package dev.quintet.tracker.metric;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.sql.Statements;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

@ApplicationScoped
class FigureQueries {
  /** One row with all figures as one document. */
  private static final String READ =
      """
      SELECT jsonb_build_object(
        'clusters', (
          SELECT coalesce(jsonb_agg(f), '[]')
            FROM (SELECT c.cluster_name, s.live, s.expired, s.free, s.guilds, i.active, i.standby, i.draining
                    FROM tracker.clusters c
                    CROSS JOIN LATERAL (
                      SELECT count(*) FILTER (WHERE l.expires_at > clock_timestamp()) AS live,
                             count(*) FILTER (WHERE l.instance_id IS NOT NULL AND l.expires_at <= clock_timestamp()) AS expired,
                             count(*) FILTER (WHERE l.instance_id IS NULL) AS free,
                             coalesce(sum(l.guild_count), 0) AS guilds
                        FROM tracker.shard_leases l
                       WHERE l.cluster_name = c.cluster_name AND l.generation = c.generation) AS s
                    CROSS JOIN LATERAL (
                      SELECT count(*) FILTER (WHERE n.state = 'active') AS active,
                             count(*) FILTER (WHERE n.state = 'standby') AS standby,
                             count(*) FILTER (WHERE n.state = 'draining') AS draining
                        FROM tracker.instances n
                       WHERE n.cluster_name = c.cluster_name) AS i
                   WHERE c.deleted_at IS NULL) AS f),
        'applications', (
          SELECT coalesce(jsonb_agg(f), '[]')
            FROM (SELECT a.application_id,
                         CASE WHEN a.reset_at <= clock_timestamp() THEN a.total ELSE a.remaining END AS remaining
                    FROM tracker.applications a) AS f))::text
      """;

  private final Statements statements;
  private final ObjectMapper json;

  FigureQueries(Statements statements, ObjectMapper json) {
    this.statements = statements;
    this.json = json;
  }

  @RegisterForReflection
  record Figures(List<ClusterFigures> clusters, List<ApplicationFigures> applications) {
    static final Figures NONE = new Figures(List.of(), List.of());
  }

  @RegisterForReflection
  record ClusterFigures(
      String clusterName,
      long live,
      long expired,
      long free,
      long guilds,
      long active,
      long standby,
      long draining) {}

  @RegisterForReflection
  record ApplicationFigures(String applicationId, long remaining) {}

  Uni<Figures> read() {
    return statements.run(READ).map(rows -> decoded(rows.iterator().next().getString(0)));
  }

  private Figures decoded(String text) {
    try {
      return json.readValue(text, Figures.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the statement and its record differ", e);
    }
  }
}
