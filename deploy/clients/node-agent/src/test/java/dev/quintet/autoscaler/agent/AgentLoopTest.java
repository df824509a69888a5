package dev.quintet.autoscaler.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent as a whole, over HTTP, against a manager that keeps its rules. */
class AgentLoopTest {

  private static final String POOL = "ocid1.instancepool.oc1..a";
  private static final String YAML = "pools:\n  - instance_pool_id: " + POOL + "\n    name: web\n";

  @TempDir Path directory;
  private final ScriptedPool pool = new ScriptedPool(4);
  private final Journal<String> lines = new Journal<>();
  private final List<Runnable> endings = new ArrayList<>();
  private FakeManager manager;

  private final class Lines extends PrintStream {
    Lines() {
      super(OutputStream.nullOutputStream());
    }

    @Override
    public void println(String line) {
      lines.add(line);
    }
  }

  @BeforeEach
  void startManager() throws Exception {
    manager = new FakeManager();
  }

  @AfterEach
  void stopAll() {
    endings.forEach(Runnable::run);
    manager.close();
  }

  private AgentLoop agent(Map<String, String> more) throws Exception {
    Map<String, String> env = new TreeMap<>();
    env.put("MANAGER_URL", manager.url().toString());
    env.put("NODE_NAME", "node-a");
    env.put("NODE_REGION", "eu-frankfurt-1");
    env.put("STATE_DIR", directory.resolve("state").toString());
    env.putAll(more);
    Path file = directory.resolve("agent.yaml");
    Files.writeString(file, "observe_seconds: 1\n" + YAML);
    AgentSettings settings = AgentSettings.read(Optional.of(file), env);
    var log = new Log(new Lines(), Clock.systemUTC(), false);
    return new AgentLoop(
        settings,
        new ManagerApi(settings.manager(), System::nanoTime),
        StateFile.open(settings.stateDir()),
        new ConfigurationFile(settings.stateDir(), settings.pools(), log),
        new Outbox(settings.stateDir().resolve("outbox"), settings.outboxBytes(), log),
        id -> pool,
        System::nanoTime,
        RandomGenerator.of("L64X128MixRandom"),
        log,
        "test");
  }

  private AgentLoop keyed() throws Exception {
    return agent(Map.of("NODE_ID", "" + FakeManager.NODE, "NODE_API_KEY", FakeManager.KEY));
  }

  /** Runs the loop until the test ends, or until the returned action has been run. */
  private Runnable start(AgentLoop loop) {
    CompletableFuture<AgentLoop.End> ended = new CompletableFuture<>();
    Thread.ofPlatform()
        .start(() -> {
          try {
            ended.complete(loop.run());
          } catch (Throwable e) {
            ended.completeExceptionally(e);
          }
        });
    Runnable stop =
        () -> {
          loop.stop();
          try {
            assertThat(ended.get(20, TimeUnit.SECONDS)).isEqualTo(AgentLoop.End.DONE);
          } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    endings.add(stop);
    return stop;
  }

  private String log() {
    return String.join("\n", lines.all());
  }

  private static boolean tells(JsonNode beat, long generation, boolean ok) {
    for (JsonNode applied : beat.path("applied")) {
      if (applied.path("generation").asLong() == generation
          && applied.path("ok").asBoolean() == ok) {
        return true;
      }
    }
    return false;
  }

  @Test
  void anAgentEnrolsOnceAndKeepsItsKey() throws Exception {
    Runnable stop = start(agent(Map.of("ENROLLMENT_TOKEN", FakeManager.TOKEN)));
    manager.awaitBeat(beat -> beat.path("status").asText().equals("active"));
    stop.run();
    start(agent(Map.of("ENROLLMENT_TOKEN", FakeManager.TOKEN)));
    manager.calls.await(
        2, call -> call.body().path("status").asText().equals("active") && call.status() == 200);
    assertThat(manager.calls.all(call -> call.what().equals("register"))).hasSize(1);
    assertThat(log()).doesNotContain(FakeManager.KEY).doesNotContain(FakeManager.TOKEN);
  }

  @Test
  void aLostEnrolmentIsExplainedAndMakesNoSecondNode() throws Exception {
    manager.loseRegistration(true);
    assertThat(agent(Map.of("ENROLLMENT_TOKEN", FakeManager.TOKEN)).once())
        .isEqualTo(AgentLoop.End.MANAGER_LOST);
    manager.loseRegistration(false);
    assertThat(agent(Map.of("ENROLLMENT_TOKEN", FakeManager.TOKEN)).once())
        .isEqualTo(AgentLoop.End.ENROLLMENT_REFUSED);
    assertThat(log()).contains("rotate the key of node 3");
  }

  @Test
  void aWrongTokenEndsTheAgent() throws Exception {
    assertThat(agent(Map.of("ENROLLMENT_TOKEN", "wrong")).run())
        .isEqualTo(AgentLoop.End.ENROLLMENT_REFUSED);
    assertThat(log()).contains("enrollment_invalid");
  }

  @Test
  void onceLooksAppliesAndReports() throws Exception {
    manager.offer(POOL, 6, 41);
    assertThat(keyed().once()).isEqualTo(AgentLoop.End.DONE);
    assertThat(pool.sizes).containsExactly(6);
    assertThat(manager.beats()).hasSize(2);
    assertThat(tells(manager.beats().get(1).body(), 41, true)).isTrue();
    assertThat(manager.beats().get(1).body().path("applied").get(0).path("pool_id").asInt())
        .isEqualTo(7);
    assertThat(manager.storedSamples()).isNotEmpty();
  }

  @Test
  void aTargetIsAppliedOnceAndReportedOnce() throws Exception {
    manager.offer(POOL, 6, 41);
    start(keyed());
    manager.awaitBeat(beat -> tells(beat, 41, true));
    manager.calls.await(manager.calls.all().size() + 4, call -> true);
    assertThat(pool.sizes).containsExactly(6);
    assertThat(manager.beats().stream().filter(call -> tells(call.body(), 41, true))).hasSize(1);
  }

  @Test
  void aChangedConfigurationIsFetchedAndItsHashSent() throws Exception {
    String yaml = "pools:\n  - instance_pool_id: " + POOL + "\n    name: größer\n";
    start(keyed());
    manager.awaitBeat(beat -> beat.path("config_hash").isNull());
    manager.configuration(yaml);
    String hash = ConfigurationFile.sha256(yaml.getBytes(StandardCharsets.UTF_8));
    manager.awaitBeat(beat -> beat.path("config_hash").asText().equals(hash));
    assertThat(manager.calls.all(call -> call.what().equals("config"))).hasSize(1);
  }

  @Test
  void bytesThatDoNotMatchTheirHashAreNotTaken() throws Exception {
    manager.configuration("pools: []\n", "f".repeat(64));
    start(keyed());
    JsonNode beat =
        manager.awaitBeat(b -> b.path("error_message").asText().contains("hash")).body();
    assertThat(beat.path("config_hash").isNull()).isTrue();
    assertThat(beat.path("status").asText()).isEqualTo("degraded");
    assertThat(beat.path("pool_analytics")).hasSize(1);
  }

  @Test
  void withoutAManagerThePoolKeepsItsSizeAndNoMetricIsLost() throws Exception {
    start(keyed());
    manager.calls.await(call -> call.what().equals("metrics") && call.status() == 202);
    manager.offer(POOL, 2, 41);
    manager.down(true);
    manager.calls.await(3, call -> call.what().equals("heartbeat") && call.status() == 503);
    int size = pool.size;
    manager.down(false);
    manager.awaitBeat(beat -> tells(beat, 41, true));
    assertThat(size).isEqualTo(4);
    assertThat(pool.sizes).containsExactly(2);
    assertThat(log()).containsOnlyOnce("no manager").contains("manager back");
  }

  @Test
  void aBatchKeepsItsIdUntilItIsConfirmedAndIsStoredOnce() throws Exception {
    manager.loseMetricsAnswers(true);
    Runnable stop = start(keyed());
    String id =
        manager.calls.await(2, call -> call.what().equals("metrics")).stream()
            .map(call -> call.body().path("batch_id").asText())
            .distinct()
            .reduce((a, b) -> a + " and " + b)
            .orElseThrow();
    stop.run();
    manager.loseMetricsAnswers(false);
    start(keyed());
    manager.calls.await(call ->
        call.what().equals("metrics")
            && call.status() == 202
            && !call.body().path("batch_id").asText().equals(id));
    assertThat(id).doesNotContain(" and ");
    assertThat(manager.storedSamples()).doesNotHaveDuplicates();
    assertThat(manager.storedBatches).contains(id);
  }

  @Test
  void aBadSampleDoesNotHoldTheGoodOnesUp() throws Exception {
    manager.poison("memory");
    start(keyed());
    manager.calls.await(call ->
        call.what().equals("metrics") && call.status() == 202 && call.query().contains("partial"));
    assertThat(manager.storedSamples())
        .extracting(sample -> sample.path("metric_type").asText())
        .contains("cpu")
        .doesNotContain("memory");
  }

  @Test
  void aRevokedKeyStopsActingAndSaysWhatToDo() throws Exception {
    start(keyed());
    manager.awaitBeat(beat -> true);
    pool.settled = false;
    manager.offer(POOL, 2, 41);
    manager.awaitBeat(beat -> tells(beat, 41, false));
    manager.refuseKeyWith("key_revoked");
    lines.await(line -> line.contains("key refused"));
    pool.settled = true;
    pool.looks.await(pool.looks.all().size() + 3, look -> true);
    assertThat(pool.sizes).isEmpty();
    assertThat(log())
        .contains("key_revoked")
        .contains("keeps its size")
        .contains("/api/v1/nodes/3/api-key/rotate");
  }

  @Test
  void onceTellsARefusedKeyByItsStatus() throws Exception {
    manager.refuseKeyWith("key_expired");
    assertThat(keyed().once()).isEqualTo(AgentLoop.End.KEY_REFUSED);
  }

  @Test
  void aManagerWhoseClockIsADayAheadIsUnderstood() throws Exception {
    manager.clockAhead(Duration.ofDays(1));
    manager.offer(POOL, 6, 41, "managed", Duration.ofSeconds(30));
    start(keyed());
    manager.awaitBeat(beat -> tells(beat, 41, true));
    manager.calls.await(call -> call.what().equals("metrics") && call.status() == 202);
    assertThat(manager.calls.all(call -> call.status() == 422)).isEmpty();
  }

  @Test
  void aManagerWhoseClockIsADayBehindIsUnderstood() throws Exception {
    manager.clockAhead(Duration.ofDays(-1));
    manager.offer(POOL, 6, 41, "managed", Duration.ofSeconds(30));
    start(keyed());
    manager.awaitBeat(beat -> tells(beat, 41, true));
    manager.calls.await(call -> call.what().equals("metrics") && call.status() == 202);
    assertThat(manager.calls.all(call -> call.status() == 422)).isEmpty();
  }

  @Test
  void aTargetThatIsOverWhenItComesIsNotApplied() throws Exception {
    manager.offer(POOL, 2, 41, "managed", Duration.ofSeconds(-1));
    start(keyed());
    manager.calls.await(3, call -> call.what().equals("heartbeat"));
    assertThat(pool.sizes).isEmpty();
  }

  @Test
  void anAdvisoryTargetIsShownOnly() throws Exception {
    manager.offer(POOL, 6, 41, "advisory", Duration.ofMinutes(2));
    start(keyed());
    manager.calls.await(3, call -> call.what().equals("heartbeat"));
    assertThat(pool.sizes).isEmpty();
    assertThat(log()).contains("advised").contains("to=6");
  }

  @Test
  void aStoppedAgentSaysItIsPaused() throws Exception {
    manager.interval(60);
    Runnable stop = start(keyed());
    manager.awaitBeat(beat -> true);
    stop.run();
    assertThat(manager.beats().getLast().body().path("status").asText()).isEqualTo("paused");
  }
}
