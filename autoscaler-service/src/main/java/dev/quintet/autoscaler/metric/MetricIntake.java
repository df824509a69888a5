package dev.quintet.autoscaler.metric;

import dev.quintet.autoscaler.access.NodeKey;
import dev.quintet.autoscaler.metric.BatchResult.Refused;
import dev.quintet.autoscaler.metric.BatchResult.Stored;
import dev.quintet.autoscaler.metric.IntakeQueries.Outcome;
import dev.quintet.common.api.autoscaler.AutoscalerProblem;
import dev.quintet.common.api.autoscaler.MetricReceipt;
import dev.quintet.common.api.autoscaler.MetricReceipt.RejectedSample;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes in batches: all of one or nothing, unless its sender asks for what is good of it. */
@ApplicationScoped
class MetricIntake {
  private static final int MOST_LISTED = 20;

  private final IntakeQueries queries;

  MetricIntake(IntakeQueries queries) {
    this.queries = queries;
  }

  /** Who sends something: the node in the address, the key it shows, where it calls from. */
  record Sender(NodeKey key, long nodeId, @Nullable String ip) {}

  /** Fails as a call of the node would that has nothing else wrong. */
  Uni<Void> authenticate(Sender sender) {
    return queries.authenticate(sender);
  }

  Uni<BatchResult> take(Sender sender, ParsedBatch batch, boolean partial) {
    if (!partial && batch.bad() > 0) {
      return queries.authenticate(sender).replaceWith(new Refused(batch.faults()));
    }
    return queries.store(sender, batch, partial).map(outcome -> result(batch, outcome, partial));
  }

  private static BatchResult result(ParsedBatch batch, Outcome outcome, boolean partial) {
    if (outcome.duplicate()) {
      return stored(batch, outcome, List.of());
    }
    var faults = new ArrayList<>(batch.faults());
    for (int place : outcome.foreign()) {
      faults.add(
          new SampleFault(
              batch.good().index(place),
              "",
              AutoscalerProblem.POOL_OF_ANOTHER_NODE,
              "is of no pool of this node"));
    }
    for (int place : outcome.late()) {
      faults.add(
          new SampleFault(
              batch.good().index(place),
              "/timestamp",
              AutoscalerProblem.TIMESTAMP_OUT_OF_RANGE,
              "is more than 5 minutes ahead, or older than raw metrics are kept"));
    }
    faults.sort(Comparator.comparingInt(SampleFault::index));
    return partial || faults.isEmpty()
        ? stored(batch, outcome, faults)
        : new Refused(faults.subList(0, Math.min(MOST_LISTED, faults.size())));
  }

  private static Stored stored(ParsedBatch batch, Outcome outcome, List<SampleFault> faults) {
    var rejections = new LinkedHashMap<Integer, RejectedSample>();
    for (SampleFault fault : faults) {
      if (rejections.size() == MOST_LISTED) {
        break;
      }
      rejections.putIfAbsent(
          fault.index(),
          new RejectedSample(
              fault.index(),
              fault.type().code(),
              fault.field().isEmpty()
                  ? fault.detail()
                  : fault.field().substring(1) + " " + fault.detail()));
    }
    return new Stored(
        new MetricReceipt(
            batch.batchId(),
            outcome.accepted(),
            outcome.rejected(),
            outcome.duplicate(),
            List.copyOf(rejections.values())));
  }
}
