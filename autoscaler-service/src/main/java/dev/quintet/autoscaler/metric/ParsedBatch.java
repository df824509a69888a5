package dev.quintet.autoscaler.metric;

import java.util.List;
import java.util.UUID;

/**
 * A batch as far as it can be judged without the database.
 *
 * @param good the samples with nothing wrong
 * @param bad how many samples have a fault
 * @param faults those of the first 20 bad samples, in order; several of one sample stand together
 */
record ParsedBatch(UUID batchId, BatchColumns good, int bad, List<SampleFault> faults) {
  int sent() {
    return good.size() + bad;
  }
}
