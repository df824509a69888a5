package dev.quintet.autoscaler.agent;

import dev.quintet.autoscaler.agent.oci.OciCloud;
import dev.quintet.autoscaler.agent.pool.InstancePool;
import dev.quintet.autoscaler.agent.simulated.SimulatedCloud;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/** The program. See the README for its settings. */
public final class NodeAgent {

  private static final String USAGE =
      """
      Watches instance pools of one region for autoscaler-service and resizes them as it decides.

        node-agent [--once] [agent.yaml]

        --once   one look, one heartbeat, what it asks for, its report; then exit
                 0 done, 1 manager not reached, 2 not enrolled, 3 key refused, 64 wrong settings

      MANAGER_URL NODE_NAME NODE_REGION DRIVER STATE_DIR LOG_FORMAT overrule the file.
      ENROLLMENT_TOKEN for the first start, or NODE_ID and NODE_API_KEY.\
      """;

  /** The container's patience; the loop's own deadlines end well before it. */
  private static final long SHUTDOWN_MS = 9_500;

  private NodeAgent() {}

  public static void main(String[] args) throws InterruptedException {
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    List<String> given = List.of(args);
    List<String> files = given.stream().filter(arg -> !arg.startsWith("-")).toList();
    boolean once = given.contains("--once");
    if (given.contains("--help")) {
      out.println(USAGE);
      return;
    }
    if (given.size() != files.size() + (once ? 1 : 0) || files.size() > 1) {
      System.err.println(USAGE);
      System.exit(64);
    }
    try {
      AgentLoop loop = build(files.stream().findFirst().map(Path::of), System.getenv(), out);
      System.exit(once ? loop.once().status : runUntilSignal(loop));
    } catch (YamlText.Wrong e) {
      System.err.println("node-agent: " + e.getMessage());
      System.exit(64);
    } catch (UncheckedIOException | IOException e) {
      System.err.println("node-agent: " + e.getMessage());
      System.exit(74);
    }
  }

  private static int runUntilSignal(AgentLoop loop) throws InterruptedException {
    Thread worker = Thread.currentThread();
    var ended = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  loop.stop();
                  try {
                    if (!ended.await(SHUTDOWN_MS, TimeUnit.MILLISECONDS)) {
                      worker.interrupt();
                    }
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                },
                "shutdown"));
    try {
      return loop.run().status;
    } finally {
      ended.countDown();
    }
  }

  static AgentLoop build(Optional<Path> file, Map<String, String> env, PrintStream out)
      throws IOException {
    AgentSettings settings = AgentSettings.read(file, env);
    Clock clock = Clock.systemUTC();
    var log = new Log(out, clock, settings.jsonLog());
    StateFile state = StateFile.open(settings.stateDir());
    var configuration = new ConfigurationFile(settings.stateDir(), settings.pools(), log);
    var outbox = new Outbox(settings.stateDir().resolve("outbox"), settings.outboxBytes(), log);
    String version =
        Optional.ofNullable(NodeAgent.class.getPackage().getImplementationVersion()).orElse("dev");
    log.info(
        "starting",
        "version",
        version,
        "manager",
        settings.manager(),
        "driver",
        settings.driver(),
        "pools",
        configuration.pools().size());
    return new AgentLoop(
        settings,
        new ManagerApi(settings.manager(), System::nanoTime),
        state,
        configuration,
        outbox,
        cloud(settings, clock),
        System::nanoTime,
        RandomGenerator.getDefault(),
        log,
        version);
  }

  private static Function<String, InstancePool> cloud(AgentSettings settings, Clock clock) {
    return switch (settings.driver()) {
      case "simulated" ->
          SimulatedCloud.of(
              settings.yaml().map("simulation"), settings.directory(), settings.stateDir(), clock);
      case "oci" -> OciCloud.of(settings.yaml().map("oci"), settings.region(), clock);
      default -> throw new YamlText.Wrong("driver must be simulated or oci");
    };
  }
}
