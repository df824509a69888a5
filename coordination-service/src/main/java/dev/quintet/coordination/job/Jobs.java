package dev.quintet.coordination.job;

import io.quarkus.arc.All;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.quarkus.scheduler.Scheduler;
import io.quarkus.scheduler.Scheduler.JobDefinition;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** All jobs of the service, each on its schedule from the start on. */
@ApplicationScoped
class Jobs {
  private final Scheduler scheduler;
  private final JobRunner runner;
  private final SortedMap<String, ScheduledJob> jobs = new TreeMap<>();

  Jobs(Scheduler scheduler, JobRunner runner, JobsConfig config, @All List<Job> beans) {
    this.scheduler = scheduler;
    this.runner = runner;
    for (Job job : beans) {
      String schedule = config.schedules().getOrDefault(job.name(), job.schedule());
      if (jobs.put(job.name(), ScheduledJob.of(job, Schedule.of(schedule))) != null) {
        throw new IllegalStateException("two jobs are named " + job.name());
      }
    }
    config
        .schedules()
        .keySet()
        .forEach(name -> {
          if (!jobs.containsKey(name)) {
            throw new IllegalStateException(
                "a schedule is set for a job that is not there: " + name);
          }
        });
  }

  void start(@Observes StartupEvent event) {
    jobs.values().forEach(this::schedule);
  }

  /** By name. */
  Collection<ScheduledJob> all() {
    return jobs.values();
  }

  Optional<ScheduledJob> find(String name) {
    return Optional.ofNullable(jobs.get(name));
  }

  private void schedule(ScheduledJob job) {
    JobDefinition<?> definition =
        scheduler
            .newJob("coordination-" + job.name())
            .setConcurrentExecution(ConcurrentExecution.SKIP);
    var unused =
        switch (job.schedule()) {
          case Schedule.Off off -> Optional.empty();
          case Schedule.Every every ->
              Optional.of(
                  definition
                      .setInterval(every.period().toString())
                      .setAsyncTask(due -> fire(job, due.getFireTime()))
                      .schedule());
          case Schedule.Cron cron ->
              Optional.of(
                  definition
                      .setCron(cron.expression())
                      .setTimeZone("UTC")
                      .setAsyncTask(due -> fire(job, due.getScheduledFireTime()))
                      .schedule());
        };
  }

  private Uni<Void> fire(ScheduledJob job, Instant at) {
    return runner
        .due(job, at)
        .onFailure()
        .invoke(job.trouble()::failed)
        .onFailure()
        .recoverWithNull()
        .replaceWithVoid();
  }
}
