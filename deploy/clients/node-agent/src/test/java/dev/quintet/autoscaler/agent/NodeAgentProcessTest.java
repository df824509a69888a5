package dev.quintet.autoscaler.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.autoscaler.agent.oci.FakeOci;
import dev.quintet.autoscaler.agent.oci.OciPoolTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as a process of its own, killed at the worst moments, with the real OCI SDK. */
class NodeAgentProcessTest {

  @TempDir Path directory;
  private final List<Process> started = new ArrayList<>();
  private FakeManager manager;
  private FakeOci oci;

  @BeforeEach
  void start() throws Exception {
    manager = new FakeManager();
    oci = new FakeOci(2);
    Files.writeString(directory.resolve("key.pem"), OciPoolTest.newKey());
    Files.writeString(
        directory.resolve("oci.conf"),
        """
        [DEFAULT]
        user=user
        tenancy=tenancy
        fingerprint=fingerprint
        region=eu-frankfurt-1
        key_file=%s
        """
            .formatted(directory.resolve("key.pem")));
    Files.writeString(
        directory.resolve("agent.yaml"),
        """
        manager: %s
        node: {name: node-a, region: eu-frankfurt-1}
        state_dir: %s
        observe_seconds: 1
        driver: oci
        oci:
          auth: config_file
          config_file: %s
          compute_endpoint: %s
          monitoring_endpoint: %s
        pools:
          - {instance_pool_id: %s, name: web}
        """
            .formatted(
                manager.url(),
                directory.resolve("state"),
                directory.resolve("oci.conf"),
                oci.url(),
                oci.url(),
                FakeOci.POOL));
  }

  @AfterEach
  void stop() {
    started.forEach(Process::destroyForcibly);
    manager.close();
    oci.close();
  }

  private Process agent(String... args) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(NodeAgent.class.getName());
    command.addAll(List.of(args));
    command.add(directory.resolve("agent.yaml").toString());
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("NODE_ID", "" + FakeManager.NODE);
    builder.environment().put("NODE_API_KEY", FakeManager.KEY);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("log").toFile()));
    Process process = builder.start();
    started.add(process);
    return process;
  }

  private static void kill(Process process) throws InterruptedException {
    assertThat(process.destroyForcibly().waitFor(10, TimeUnit.SECONDS)).isTrue();
  }

  private void awaitOutcome(boolean ok) {
    var unused =
        manager.awaitBeat(beat ->
            beat.path("applied").size() > 0
                && beat.path("applied").get(0).path("ok").asBoolean() == ok);
  }

  @Test
  void killedWithTheAnswerOnItsWayItDoesNotResizeTwice() throws Exception {
    manager.offer(FakeOci.POOL, 4, 41);
    oci.loseAnswer();
    Process first = agent();
    oci.calls.await(call -> call.what().equals("put"));
    kill(first);
    oci.settle();
    agent();
    awaitOutcome(true);
    assertThat(oci.sizes()).containsExactly(4);
    assertThat(oci.calls.all(call -> call.what().equals("put"))).hasSize(1);
  }

  @Test
  void killedBetweenReceivingAndApplyingItAppliesOnce() throws Exception {
    manager.interval(1);
    Process first = agent();
    manager.awaitBeat(beat -> beat.path("pool_analytics").size() == 1);
    oci.unsettle();
    manager.offer(FakeOci.POOL, 4, 41);
    awaitOutcome(false);
    CountDownLatch hold = new CountDownLatch(1);
    oci.holdLooks(hold);
    oci.calls.await(call -> call.what().equals("held"));
    kill(first);
    hold.countDown();
    oci.settle();
    assertThat(oci.sizes()).isEmpty();
    agent();
    awaitOutcome(true);
    assertThat(oci.sizes()).containsExactly(4);
  }

  @Test
  void aSignalEndsItWithAGoodbyeInTime() throws Exception {
    manager.interval(60);
    Process process = agent();
    manager.awaitBeat(beat -> true);
    process.destroy();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(manager.beats().getLast().body().path("status").asText()).isEqualTo("paused");
  }

  @Test
  void aSignalEndsItInTimeAlsoWhenTheCloudHangs() throws Exception {
    Process process = agent();
    manager.awaitBeat(beat -> true);
    CountDownLatch hold = new CountDownLatch(1);
    oci.holdLooks(hold);
    oci.calls.await(call -> call.what().equals("held"));
    process.destroy();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(manager.beats().getLast().body().path("status").asText()).isEqualTo("paused");
    hold.countDown();
  }

  @Test
  void onceIsForScripts() throws Exception {
    manager.offer(FakeOci.POOL, 4, 41);
    Process process = agent("--once");
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    assertThat(oci.sizes()).containsExactly(4);
    manager.down(true);
    Process second = agent("--once");
    assertThat(second.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(second.exitValue()).isEqualTo(1);
  }

  @Test
  void wrongSettingsAreOneLine() throws Exception {
    Files.writeString(directory.resolve("agent.yaml"), "driver: cloudy\n");
    Process process = agent();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(64);
    assertThat(Files.readString(directory.resolve("log")).lines()).hasSize(1);
  }
}
