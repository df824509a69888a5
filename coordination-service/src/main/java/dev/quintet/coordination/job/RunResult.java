package dev.quintet.coordination.job;

import dev.quintet.common.api.coordination.JobRun;

/** What became of a fire on this replica. */
sealed interface RunResult {
  /** It ran here, well or not: the run's outcome tells. */
  record Ran(JobRun run) implements RunResult {}

  /** It ran here, and is not on record. */
  record RanUnrecorded(String outcome) implements RunResult {}

  /** Another replica has claimed this fire. */
  record Taken() implements RunResult {}

  /** A run of before still goes on, here or elsewhere. */
  record Busy() implements RunResult {}
}
