package dev.quintet.autoscaler.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgentSettingsTest {

  private static final Map<String, String> ENV =
      Map.of("MANAGER_URL", "http://m:8082", "NODE_NAME", "n", "NODE_REGION", "r");

  @TempDir Path directory;

  private AgentSettings read(String yaml, Map<String, String> env) throws Exception {
    Path file = directory.resolve("agent.yaml");
    Files.writeString(file, yaml);
    return AgentSettings.read(Optional.of(file), env);
  }

  @Test
  void theEnvironmentAloneIsEnough() {
    AgentSettings settings = AgentSettings.read(Optional.empty(), ENV);
    assertThat(settings.driver()).isEqualTo("oci");
    assertThat(settings.limitsOf("any")).isEqualTo(Limits.NONE);
  }

  @Test
  void theEnvironmentOverrulesTheFile() throws Exception {
    AgentSettings settings = read("manager: http://other:1\nnode: {name: file, region: x}\n", ENV);
    assertThat(settings.manager()).hasHost("m");
    assertThat(settings.nodeName()).isEqualTo("n");
  }

  @Test
  void aPoolsOwnLimitsGoBeforeTheGeneralOnes() throws Exception {
    AgentSettings settings =
        read(
            """
            safety_limits: {min: 1, max: 50}
            pools:
              - {instance_pool_id: a, scaling_limits: {min: 2, max: 12}}
              - {instance_pool_id: b, schedules: [{start_time: 22:00}]}
            """,
            ENV);
    assertThat(settings.limitsOf("a")).isEqualTo(new Limits(2, 12));
    assertThat(settings.limitsOf("b")).isEqualTo(new Limits(1, 50));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "safety_limits: {min: 5, max: 2}",
        "safety_limits: {max: -1}",
        "safety_limits: {max: .nan}",
        "observe_seconds: 0",
        "pools: [{name: x}]",
        "pools: [{instance_pool_id: a}, {instance_pool_id: a}]",
        "manager: a\nmanager: b",
        "a: &a [*a]\npools: *a",
        "pools: !!java.net.URL ['http://x']",
      })
  void aWrongFileIsToldInOneLine(String yaml) {
    assertThatThrownBy(() -> read(yaml, ENV))
        .isInstanceOf(YamlText.Wrong.class)
        .message()
        .doesNotContain("\n");
  }

  @Test
  void anIdWithoutAKeyIsRefused() {
    Map<String, String> env = new HashMap<>(ENV);
    env.put("NODE_ID", "3");
    assertThatThrownBy(() -> AgentSettings.read(Optional.empty(), env))
        .hasMessageContaining("NODE_API_KEY");
  }

  @Test
  void aKeyShowsNowhere() {
    Map<String, String> env = new HashMap<>(ENV);
    env.put("NODE_ID", "3");
    env.put("NODE_API_KEY", "ask_secret");
    AgentSettings settings = AgentSettings.read(Optional.empty(), env);
    assertThat(settings.key().orElseThrow().key()).isEqualTo("ask_secret");
    assertThat(List.of(settings.toString(), settings.key().toString()))
        .noneMatch(text -> text.contains("ask_secret"));
  }

  @Test
  void scalarsStayAsTheyAreWritten() {
    YamlText yaml = YamlText.read("at: 22:00\nno: no\nnumber: 08\n");
    assertThat(yaml.text("at")).contains("22:00");
    assertThat(yaml.text("no")).contains("no");
    assertThat(yaml.whole("number", 0, 10)).contains(8);
  }
}
