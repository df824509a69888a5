package dev.quintet.autoscaler.audit;

import dev.quintet.common.api.autoscaler.SealCheck.BrokenSeal;
import dev.quintet.common.api.autoscaler.SealCheck.Seal;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The chain of seals under the audit trail. */
@ApplicationScoped
class SealQueries {
  /** $1 most rows under one seal. One row: how many seals were made. */
  private static final String SEAL = "SELECT autoscaler.seal_audit($1)";

  /** $1 seal behind which, $2 limit. A row per seal; fault is NULL where it holds. */
  private static final String VERIFY =
      "SELECT seal_id, from_id, to_id, rows, fault FROM autoscaler.verify_audit_seals($1, $2)";

  /** One row; the seal's columns are NULL before the first. */
  private static final String STATE =
      """
      SELECT s.id, s.to_id, s.sha256, s.sealed_at,
             (SELECT count(*) FROM autoscaler.audit_logs a WHERE a.id > coalesce(s.to_id, 0)) AS unsealed
        FROM (SELECT) one LEFT JOIN LATERAL (SELECT * FROM autoscaler.audit_seals ORDER BY id DESC LIMIT 1) s ON true
      """;

  private final Statements statements;

  SealQueries(Statements statements) {
    this.statements = statements;
  }

  /** Some seals that were recomputed one after the other. */
  record Checked(long seals, long rows, long lastSeal, List<BrokenSeal> broken) {}

  record State(long unsealed, @Nullable Seal newest) {}

  Uni<Integer> seal(int most) {
    return statements.run(SEAL, Tuple.of(most)).map(rows -> rows.iterator().next().getInteger(0));
  }

  /** Empty: there is none behind that one. */
  Uni<Optional<Checked>> verify(long behind, int limit) {
    return statements
        .run(VERIFY, Tuple.of(behind, limit))
        .map(seals -> {
          var broken = new ArrayList<BrokenSeal>();
          long rows = 0;
          long last = behind;
          for (Row seal : seals) {
            last = seal.getLong("seal_id");
            rows += seal.getInteger("rows");
            String fault = seal.getString("fault");
            if (fault != null) {
              broken.add(
                  new BrokenSeal(last, seal.getLong("from_id"), seal.getLong("to_id"), fault));
            }
          }
          return seals.size() == 0
              ? Optional.empty()
              : Optional.of(new Checked(seals.size(), rows, last, broken));
        });
  }

  Uni<State> state() {
    return statements
        .run(STATE)
        .map(rows -> {
          Row row = rows.iterator().next();
          Long id = row.getLong("id");
          return new State(
              row.getLong("unsealed"),
              id == null
                  ? null
                  : new Seal(
                      id,
                      row.getLong("to_id"),
                      HexFormat.of().formatHex(row.getBuffer("sha256").getBytes()),
                      row.getOffsetDateTime("sealed_at").toInstant()));
        });
  }
}
