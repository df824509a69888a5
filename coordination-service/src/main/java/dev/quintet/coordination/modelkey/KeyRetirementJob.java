package dev.quintet.coordination.modelkey;

import dev.quintet.coordination.job.Job;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * Destroys the envelopes of keys whose grace is over. None of them is leased any more by then: each
 * lease looks at the time itself.
 */
@ApplicationScoped
class KeyRetirementJob implements Job {
  private final KeyQueries queries;

  KeyRetirementJob(KeyQueries queries) {
    this.queries = queries;
  }

  @Override
  public String name() {
    return "key-retirement";
  }

  @Override
  public String schedule() {
    return "30s";
  }

  @Override
  public Uni<String> run() {
    return queries.retire().map(gone -> "revoked=" + gone);
  }
}
