package dev.quintet.coordination.breaker;

import dev.quintet.coordination.job.Job;
import dev.quintet.coordination.replica.Replica;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Brings PostgreSQL what Redis has not told it yet: transitions from the time that it was away, and
 * counts. And Redis what it may have missed: settings, and whatever a fail-over of it lost.
 */
@ApplicationScoped
class BreakerSyncJob implements Job {
  private static final int PAGE = 200;
  private static final int AT_A_TIME = 8;

  private final Breakers breakers;
  private final BreakerQueries queries;
  private final String actor;

  BreakerSyncJob(Breakers breakers, BreakerQueries queries, Replica replica) {
    this.breakers = breakers;
    this.queries = queries;
    this.actor = replica.id();
  }

  @Override
  public String name() {
    return "breaker-sync";
  }

  @Override
  public String schedule() {
    return "5s";
  }

  @Override
  public Uni<String> run() {
    return breakers
        .drain()
        .chain(drained ->
            queries
                .endOverrides()
                .chain(() -> sync("", 0))
                .map(synced -> "transitions=" + drained + " breakers=" + synced));
  }

  private Uni<Integer> sync(String behind, int sofar) {
    return queries
        .list(null, behind, PAGE)
        .chain(rows ->
            sync(rows)
                .chain(() ->
                    rows.size() < PAGE
                        ? Uni.createFrom().item(sofar + rows.size())
                        : sync(rows.getLast().serviceName(), sofar + rows.size())));
  }

  private record One(String service, Optional<Counts> counts) {}

  private Uni<Void> sync(List<StoredBreaker> rows) {
    return Multi.createFrom()
        .iterable(rows)
        .onItem()
        .transformToUni(
            row -> breakers.sync(row, actor).map(counts -> new One(row.serviceName(), counts)))
        .merge(AT_A_TIME)
        .collect()
        .asList()
        .chain(all -> {
          var services = new ArrayList<String>(all.size());
          var counts = new ArrayList<Counts>(all.size());
          for (One one : all) {
            one.counts()
                .ifPresent(found -> {
                  services.add(one.service());
                  counts.add(found);
                });
          }
          return queries.count(services, counts);
        });
  }
}
