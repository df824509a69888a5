package dev.quintet.coordination.job;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.CompletableFuture;

/** Runs until the test lets it go on. */
@ApplicationScoped
class GatedJob implements Job {
  private volatile CompletableFuture<String> gate = CompletableFuture.completedFuture("open");

  /** From now on runs wait. */
  CompletableFuture<String> close() {
    gate = new CompletableFuture<>();
    return gate;
  }

  @Override
  public String name() {
    return "test-gated";
  }

  @Override
  public String schedule() {
    return "off";
  }

  @Override
  public Uni<String> run() {
    return Uni.createFrom().completionStage(gate);
  }
}
