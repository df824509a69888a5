package dev.quintet.coordination.job;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** Shows that the scheduler knows seconds. */
@ApplicationScoped
class EverySecondJob implements Job {
  @Override
  public String name() {
    return "test-every-second";
  }

  @Override
  public String schedule() {
    return "* * * * * *";
  }

  @Override
  public Uni<String> run() {
    return Uni.createFrom().item("ticked");
  }
}
