package dev.quintet.coordination.job;

import dev.quintet.common.job.Trouble;
import dev.quintet.common.sql.FleetLocks;
import org.jboss.logging.Logger;

/**
 * A job and what belongs to it on this replica.
 *
 * @param turn the advisory lock that its run holds
 */
record ScheduledJob(Job job, Schedule schedule, long turn, Trouble trouble) {
  private static final Logger LOG = Logger.getLogger(ScheduledJob.class);

  static ScheduledJob of(Job job, Schedule schedule) {
    return new ScheduledJob(
        job,
        schedule,
        FleetLocks.key("coordination", "job " + job.name()),
        new Trouble(LOG, job.name()));
  }

  String name() {
    return job.name();
  }
}
