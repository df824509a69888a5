package dev.quintet.coordination.job;

import io.smallrye.mutiny.Uni;

/**
 * Something that is done again and again by one replica at a time. A feature brings it as a bean;
 * it is scheduled, claimed and recorded here, and an operator can run it at once.
 */
public interface Job {
  /** As it stands in scheduled_job_runs, such as {@code cleanup-cache-metadata}. */
  String name();

  /** When it is due: a duration such as {@code 5s}, or a cron expression in UTC. */
  String schedule();

  /**
   * Does it once. Safe to repeat after a crash half way.
   *
   * @return what was done, in a few words for the record, such as {@code deleted=12}
   */
  Uni<String> run();
}
