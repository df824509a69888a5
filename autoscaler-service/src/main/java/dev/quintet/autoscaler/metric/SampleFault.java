package dev.quintet.autoscaler.metric;

import dev.quintet.common.problem.ProblemType;

/**
 * Something wrong with a sample.
 *
 * @param index of the sample in the batch, from 0
 * @param field where in the sample, as a pointer; empty: the sample as a whole
 */
record SampleFault(int index, String field, ProblemType type, String detail) {
  String pointer() {
    return "/samples/" + index + field;
  }
}
