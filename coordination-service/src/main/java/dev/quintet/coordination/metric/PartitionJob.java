package dev.quintet.coordination.metric;

import dev.quintet.coordination.job.Job;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** Makes the months to come. Three are ahead, so it may miss many days. */
@ApplicationScoped
class PartitionJob implements Job {
  private final Partitions partitions;

  PartitionJob(Partitions partitions) {
    this.partitions = partitions;
  }

  @Override
  public String name() {
    return "partitions";
  }

  @Override
  public String schedule() {
    return "5 0 * * *";
  }

  @Override
  public Uni<String> run() {
    return partitions.makeAhead().replaceWith("ahead=3");
  }
}
