package dev.quintet.autoscaler.agent.simulated;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.autoscaler.agent.pool.InstancePool;
import dev.quintet.autoscaler.agent.pool.Look;
import dev.quintet.autoscaler.agent.pool.Observation;
import dev.quintet.autoscaler.agent.pool.Resized;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An instance pool that exists in a file, so that it lives on while the agent does not, as a
 * cloud's would. CPU is demand over ready instances, at most 100 %.
 */
final class SimulatedPool implements InstancePool {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * @param startedMillis when the pool's time began, on the machine's clock
   * @param readyAt for each instance the pool's second at which it takes work
   * @param lastToken of the latest resize that was carried out
   */
  record State(long startedMillis, long changes, List<Double> readyAt, String lastToken) {}

  private final Path file;
  private final Clock clock;
  private final double speed;
  private final double startDelaySeconds;
  private final Demand demand;
  private final List<Failure> failures;
  private State state;

  /**
   * @param speed seconds of the pool per second of the clock
   * @param initial instances of a pool that has no file yet
   */
  SimulatedPool(
      Path file,
      Clock clock,
      double speed,
      double startDelaySeconds,
      int initial,
      Demand demand,
      List<Failure> failures) {
    this.file = file;
    this.clock = clock;
    this.speed = speed;
    this.startDelaySeconds = startDelaySeconds;
    this.demand = demand;
    this.failures = failures;
    this.state = read(initial);
  }

  private State read(int initial) {
    if (!Files.exists(file)) {
      List<Double> ready = new ArrayList<>();
      for (int i = 0; i < initial; i++) {
        ready.add(0.0);
      }
      State fresh = new State(clock.millis(), 0, ready, "");
      write(fresh);
      return fresh;
    }
    try {
      return JSON.readValue(Files.readAllBytes(file), State.class);
    } catch (IOException e) {
      throw new UncheckedIOException("the simulated pool in " + file + " is not readable", e);
    }
  }

  private void write(State changed) {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    try {
      Files.write(next, JSON.writeValueAsBytes(changed));
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  private double seconds() {
    return (clock.millis() - state.startedMillis()) / 1000.0 * speed;
  }

  private Set<Failure.Kind> wrongNow() {
    double minute = seconds() / 60;
    Set<Failure.Kind> kinds = EnumSet.noneOf(Failure.Kind.class);
    failures.stream().filter(failure -> failure.at(minute)).forEach(f -> kinds.add(f.kind()));
    return kinds;
  }

  @Override
  public Look look() {
    Set<Failure.Kind> wrong = wrongNow();
    if (wrong.contains(Failure.Kind.UNSEEN)) {
      return new Look.Unseen("scripted: the cloud does not answer");
    }
    double now = seconds();
    int ready = (int) state.readyAt().stream().filter(at -> at <= now).count();
    int size = state.readyAt().size();
    Optional<Observation.Load> load =
        wrong.contains(Failure.Kind.NO_LOAD) || ready == 0 ? Optional.empty() : load(now, ready);
    boolean settled = ready == size;
    return new Look.Seen(
        new Observation(
            size,
            ready,
            settled,
            settled ? "RUNNING" : "SCALING",
            String.valueOf(state.changes()),
            load));
  }

  private Optional<Observation.Load> load(double now, int ready) {
    double cpu = Math.min(100, demand.at(now / 60) / ready);
    double memory = 30 + cpu * 0.4;
    return Optional.of(
        new Observation.Load(cpu, Math.min(100, cpu * 1.08), memory, Math.min(100, memory * 1.05)));
  }

  @Override
  public Resized resize(int size, String version, String token) {
    Set<Failure.Kind> wrong = wrongNow();
    if (wrong.contains(Failure.Kind.THROTTLED)) {
      return new Resized.NotNow("scripted: too many requests", Duration.ofSeconds(2));
    }
    if (wrong.contains(Failure.Kind.REFUSED)) {
      return new Resized.Refused("scripted: out of host capacity");
    }
    if (token.equals(state.lastToken())) {
      return new Resized.Accepted();
    }
    if (!version.equals(String.valueOf(state.changes()))) {
      return new Resized.Changed();
    }
    double now = seconds();
    if (wrong.contains(Failure.Kind.BUSY) || state.readyAt().stream().anyMatch(at -> at > now)) {
      return new Resized.NotNow("the pool is SCALING", Duration.ZERO);
    }
    List<Double> instances = new ArrayList<>(state.readyAt());
    while (instances.size() > size) {
      instances.removeLast();
    }
    while (instances.size() < size) {
      instances.add(now + startDelaySeconds);
    }
    State changed = new State(state.startedMillis(), state.changes() + 1, instances, token);
    write(changed);
    state = changed;
    return new Resized.Accepted();
  }
}
