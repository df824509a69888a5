package dev.quintet.coordination.lock;

import dev.quintet.common.api.coordination.FenceAccepted;
import dev.quintet.common.sql.Outages;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;

/** The highest token that each resource has seen, and the server that tokens come from. */
@ApplicationScoped
class FenceQueries {
  /** $1 resource, $2 token. One row. */
  private static final String ACCEPT =
      "SELECT accepted, high_water FROM coordination.fence_accept($1, $2)";

  /** $1 whether a server that is not the known one raises the sequence by itself. */
  private static final String AUTO_BUMP =
      "UPDATE coordination.fencing_state SET auto_bump = $1 WHERE auto_bump <> $1";

  private static final String CHECK = "SELECT coordination.fencing_check() AS outcome";

  private final Statements statements;
  private final Duration deadline;

  FenceQueries(Statements statements, LockConfig config) {
    this.statements = statements;
    this.deadline = config.deadline();
  }

  Uni<FenceAccepted> accept(String resource, long token) {
    return statements
        .run(ACCEPT, Tuple.of(resource, token))
        .ifNoItem()
        .after(deadline)
        .fail()
        .map(rows -> rows.iterator().next())
        .map(row -> new FenceAccepted(row.getBoolean("accepted"), row.getLong("high_water")))
        .onFailure(Outages::isOutage)
        .transform(away -> new StoreAway());
  }

  /** known, recorded, bumped or changed. */
  Uni<String> check(boolean autoBump) {
    return statements
        .run(AUTO_BUMP, Tuple.of(autoBump))
        .chain(() -> statements.run(CHECK))
        .map(rows -> rows.iterator().next().getString("outcome"));
  }
}
