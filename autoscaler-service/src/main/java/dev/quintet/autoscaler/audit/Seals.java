package dev.quintet.autoscaler.audit;

import dev.quintet.autoscaler.audit.SealQueries.Checked;
import dev.quintet.common.api.autoscaler.SealCheck;
import dev.quintet.common.api.autoscaler.SealCheck.BrokenSeal;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.stream.Stream;

/**
 * Tells whether the audit trail is as it was sealed. Each seal is the hash of its rows and of the
 * seal before it, so a row that was changed, added or taken away later breaks its seal.
 */
@ApplicationScoped
class Seals {
  /** Seals per statement: a year of minutes must not end at the statement's time limit. */
  private static final int AT_A_TIME = 200;

  private static final int MOST_TOLD = 100;

  private final SealQueries queries;

  Seals(SealQueries queries) {
    this.queries = queries;
  }

  Uni<SealCheck> verify() {
    return from(new Checked(0, 0, 0, List.of()))
        .chain(all ->
            queries
                .state()
                .map(state ->
                    new SealCheck(
                        all.broken().isEmpty(),
                        all.seals(),
                        all.rows(),
                        state.unsealed(),
                        all.broken(),
                        state.newest())));
  }

  private Uni<Checked> from(Checked soFar) {
    return queries
        .verify(soFar.lastSeal(), AT_A_TIME)
        .chain(
            next -> next.isEmpty() ? Uni.createFrom().item(soFar) : from(sum(soFar, next.get())));
  }

  private static Checked sum(Checked a, Checked b) {
    List<BrokenSeal> broken =
        Stream.concat(a.broken().stream(), b.broken().stream()).limit(MOST_TOLD).toList();
    return new Checked(a.seals() + b.seals(), a.rows() + b.rows(), b.lastSeal(), broken);
  }
}
