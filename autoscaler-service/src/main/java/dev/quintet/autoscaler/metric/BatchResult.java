package dev.quintet.autoscaler.metric;

import dev.quintet.common.api.autoscaler.MetricReceipt;
import java.util.List;

/** What became of a batch. */
sealed interface BatchResult {
  /** All of it, or all that is good of it, is stored: now or when it first came. */
  record Stored(MetricReceipt receipt) implements BatchResult {}

  /** Nothing is stored. The faults are those of the first 20 bad samples. */
  record Refused(List<SampleFault> faults) implements BatchResult {}
}
