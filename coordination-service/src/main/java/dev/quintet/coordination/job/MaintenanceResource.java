package dev.quintet.coordination.job;

import dev.quintet.common.api.coordination.CoordinationProblem;
import dev.quintet.common.api.coordination.JobRun;
import dev.quintet.common.api.coordination.MaintenanceJob;
import dev.quintet.common.api.coordination.MaintenanceJobs;
import dev.quintet.common.openapi.Problems;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.security.Callers;
import dev.quintet.common.security.Roles;
import dev.quintet.coordination.job.RunResult.Busy;
import dev.quintet.coordination.job.RunResult.Ran;
import dev.quintet.coordination.job.RunResult.RanUnrecorded;
import dev.quintet.coordination.job.RunResult.Taken;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.logging.Logger;

/** What the service does by itself, and a way to have it done now. */
@Path("/api/v1")
@Tag(name = "maintenance")
@RolesAllowed(Roles.DEVOPS)
public class MaintenanceResource {
  private static final Logger LOG = Logger.getLogger(MaintenanceResource.class);

  private final Jobs jobs;
  private final JobRunner runner;
  private final JobQueries queries;
  private final Callers callers;

  MaintenanceResource(Jobs jobs, JobRunner runner, JobQueries queries, Callers callers) {
    this.jobs = jobs;
    this.runner = runner;
    this.queries = queries;
    this.callers = callers;
  }

  @GET
  @Path("/maintenance/jobs")
  @Operation(
      summary = "All jobs with their schedules and latest runs",
      description =
          "A job that is due more often than once a minute is recorded only when an operator ran it.")
  public Uni<MaintenanceJobs> maintenanceJobs() {
    List<ScheduledJob> all = List.copyOf(jobs.all());
    return queries
        .latest(all.stream().map(ScheduledJob::name).toList())
        .chain(latest ->
            queries
                .held(all.stream().map(ScheduledJob::turn).toList())
                .map(held -> told(all, latest, held)));
  }

  @POST
  @Path("/maintenance/{job}/run")
  @Operation(
      summary = "Run a job now and wait for its outcome",
      description = "An outcome that begins with failed tells that the job did not do its work.")
  @Problems({"unknown_job", "already_running"})
  public Uni<JobRun> runJob(String job) {
    ScheduledJob wanted =
        jobs.find(job).orElseThrow(() -> new ProblemException(CoordinationProblem.UNKNOWN_JOB));
    LOG.infof("event=job_run_by_hand job=%s by=\"%s\"", job, callers.current().name());
    return runner
        .now(wanted)
        .map(result ->
            switch (result) {
              case Ran ran -> ran.run();
              case Busy busy -> throw new ProblemException(CoordinationProblem.ALREADY_RUNNING);
              case Taken taken -> throw new ProblemException(CoordinationProblem.ALREADY_RUNNING);
              case RanUnrecorded unrecorded ->
                  throw new IllegalStateException("an operator's run is always on record");
            });
  }

  private static MaintenanceJobs told(
      List<ScheduledJob> all, Map<String, JobRun> latest, List<Long> held) {
    return new MaintenanceJobs(
        all.stream()
            .map(job ->
                new MaintenanceJob(
                    job.name(),
                    job.schedule().text(),
                    job.schedule().recorded(),
                    held.contains(job.turn()),
                    latest.get(job.name())))
            .toList());
  }
}
