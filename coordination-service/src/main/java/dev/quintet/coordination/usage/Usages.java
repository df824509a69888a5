package dev.quintet.coordination.usage;

import dev.quintet.common.api.coordination.AiUsageRecord;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** Puts a cost to calls and stores them, each once. */
@ApplicationScoped
public class Usages {
  private final UsageQueries queries;
  private final Costs costs;

  Usages(UsageQueries queries, Costs costs) {
    this.queries = queries;
    this.costs = costs;
  }

  /** How many were new. Fails where a user is not known; nothing is stored then. */
  public Uni<Integer> record(List<AiUsageRecord> calls) {
    return queries.record(calls.stream().map(this::stored).toList());
  }

  private StoredUsage stored(AiUsageRecord call) {
    boolean hit = Boolean.TRUE.equals(call.cacheHit());
    return new StoredUsage(
        call.requestId(),
        call.userId(),
        call.documentId(),
        call.model(),
        call.requestedModel(),
        call.operation(),
        call.inputTokens(),
        call.outputTokens(),
        call.latencyMs(),
        !Boolean.FALSE.equals(call.success()),
        hit,
        costs.of(call),
        costs.avoidedAsTold(call),
        hit ? costs.priced(call) : java.math.BigDecimal.ZERO,
        call.fallbackModel(),
        call.circuitBreakerState());
  }
}
