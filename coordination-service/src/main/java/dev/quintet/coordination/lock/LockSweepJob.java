package dev.quintet.coordination.lock;

import dev.quintet.coordination.job.Job;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** Ends what ran out, on record. Nobody depends on it: what has expired is free without it. */
@ApplicationScoped
class LockSweepJob implements Job {
  /** Each stays locked until the statement's end. */
  private static final int KEYS = 100;

  private static final int MOST_ROUNDS = 100;

  private final LockQueries queries;

  LockSweepJob(LockQueries queries) {
    this.queries = queries;
  }

  @Override
  public String name() {
    return "lock-sweep";
  }

  @Override
  public String schedule() {
    return "30s";
  }

  @Override
  public Uni<String> run() {
    return round(1, 0).map(ended -> "ended=" + ended);
  }

  private Uni<Integer> round(int number, int before) {
    return queries
        .sweep(KEYS)
        .chain(ended ->
            ended < KEYS || number == MOST_ROUNDS
                ? Uni.createFrom().item(before + ended)
                : round(number + 1, before + ended));
  }
}
