package dev.quintet.common.api.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.quintet.common.api.autoscaler.BehaviorSpec.Rate;
import dev.quintet.common.json.JsonSettings;
import dev.quintet.common.json.StrictJsonReader;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violation;
import io.quarkus.runtime.configuration.MemorySize;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicySpecTest {
  private static final ObjectMapper MAPPER = mapper();
  private static final StrictJsonReader READER =
      new StrictJsonReader(MAPPER, new MemorySize(BigInteger.valueOf(262_144)));

  private static ObjectMapper mapper() {
    var mapper = new ObjectMapper().registerModule(new JavaTimeModule());
    mapper.setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
    new JsonSettings().customize(mapper);
    return mapper;
  }

  private static <T> T read(String json, Class<T> type) {
    return type.cast(
        READER.read(json.getBytes(StandardCharsets.UTF_8), MAPPER.constructType(type)));
  }

  private static PolicyRequest policy(String json) {
    return read(json, PolicyRequest.class);
  }

  private static ProblemException refused(String json, Class<?> type) {
    return catchThrowableOfType(ProblemException.class, () -> read(json, type));
  }

  @Test
  void theBriefsBodyIsRead() {
    var request =
        policy(
            """
            {"name":"cpu60","type":"target_tracking","metric":"cpu","kind":"utilization","statistic":"avg",
             "window_seconds":60,"target":60,"tolerance":0.1,"scale_in_enabled":true,"dry_run":true}
            """);
    assertThat(request.name()).isEqualTo("cpu60");
    assertThat(request.dryRun()).isTrue();
    assertThat(request.spec())
        .isEqualTo(PolicySpec.TargetTracking.of("cpu", new BigDecimal("60.0")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'name':'p','type':'target_tracking','metric':'cpu','target':60}",
        "{'name':'p','type':'step','metric':'cpu','threshold':50,'steps':[{'lower':null,'upper':0,'adjustment':-1},{'lower':0,'adjustment':1}]}",
        "{'name':'p','type':'threshold','cpu_threshold':80,'ram_threshold':85}",
        "{'name':'p','type':'seasonal','metric':'cpu','target':60}"
      })
  void aSpecOutlivesItsRow(String json) throws Exception {
    var request = policy(json.replace('\'', '"'));
    assertThat(request.dryRun()).isTrue();
    String row = MAPPER.writerFor(PolicySpec.class).writeValueAsString(request.spec());
    assertThat(MAPPER.readTree(row).path("type").asText())
        .isEqualTo(request.spec().policyType().json());
    assertThat(MAPPER.readTree(row).path("max_age_seconds").asInt()).isEqualTo(180);
    assertThat(MAPPER.readValue(row, PolicySpec.class)).isEqualTo(request.spec());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'type':'target_tracking','metric':'cpu','target':60,'tolerance':1 | /tolerance",
        "'type':'target_tracking','metric':'cpu','target':60,'tolerance':-0.1 | /tolerance",
        "'type':'target_tracking','metric':'cpu','target':0 | /target",
        "'type':'target_tracking','metric':'cpu' | /target",
        "'type':'target_tracking','metric':'cpu','target':1e300 | /target",
        "'type':'target_tracking','metric':'','target':60 | /metric",
        "'type':'target_tracking','metric':'cpu','target':60,'window_seconds':9 | /window_seconds",
        "'type':'target_tracking','metric':'cpu','target':60,'threshold':5 | /threshold",
        "'type':'target_tracking','metric':'cpu','target':60,'kind':'other' | /kind",
        "'type':'threshold' | /cpu_threshold",
        "'type':'seasonal','metric':'cpu','target':60,'quantile':0 | /quantile",
        "'type':'step','metric':'cpu','threshold':50 | /steps",
        "'type':'step','metric':'cpu','threshold':50,'steps':[] | /steps",
        "'type':'step','metric':'cpu','threshold':50,'steps':[null] | /steps",
        "'type':'step','metric':'cpu','threshold':50,'breach_points':4,'steps':[{'lower':0,'adjustment':1}]"
            + " | /breach_points",
        "'type':'step','metric':'cpu','threshold':50,'steps':[{'lower':0,'upper':10,'adjustment':1}]"
            + " | /steps/0",
        "'type':'step','metric':'cpu','threshold':50,'steps':[{'lower':5,'adjustment':1}] |"
            + " /steps/0",
        "'type':'step','metric':'cpu','threshold':50,'steps':[{'lower':0,'upper':10,'adjustment':1},{'lower':11,'adjustment':2}]"
            + " | /steps/1",
        "'type':'step','metric':'cpu','threshold':50,'steps':[{'lower':0,'upper':10,'adjustment':1},{'lower':9,'adjustment':2}]"
            + " | /steps/1",
        "'type':'step','metric':'cpu','threshold':50,'steps':[{'lower':0,'upper':10,'adjustment':2},{'lower':10,'adjustment':1}]"
            + " | /steps/1/adjustment",
        "'type':'step','metric':'cpu','threshold':50,'steps':[{'lower':0,'adjustment':-1}] |"
            + " /steps/0/adjustment",
        "'type':'step','metric':'cpu','threshold':50,'steps':[{'lower':-5,'upper':5,'adjustment':1}]"
            + " | /steps/0",
        "'type':'step','metric':'cpu','threshold':50,'steps':[{'upper':-5,'adjustment':-1}] |"
            + " /steps/0",
        "'type':'step','metric':'cpu','threshold':50,'steps':[{'upper':-5,'adjustment':-1},{'lower':0,'adjustment':1}]"
            + " | /steps/0",
        "'type':'step','metric':'cpu','threshold':50,'min_adjustment':2,'steps':[{'lower':0,'adjustment':1}]"
            + " | /min_adjustment"
      })
  void whatIsWrongIsNamed(String settings, String pointer) {
    var refused =
        refused(("{'name':'p'," + settings + "}").replace('\'', '"'), PolicyRequest.class);
    assertThat(refused.type().code()).isEqualTo("policy_invalid");
    assertThat(refused.errors()).extracting(Violation::pointer).contains(pointer);
  }

  @Test
  void aStepIsNamedByItsNumber() {
    var refused =
        refused(
            """
            {"name":"p","type":"step","metric":"cpu","threshold":50,
             "steps":[{"lower":0,"upper":10,"adjustment":1},{"lower":12,"adjustment":2}]}
            """,
            PolicyRequest.class);
    assertThat(refused.errors())
        .singleElement()
        .satisfies(error ->
            assertThat(error.detail())
                .isEqualTo("step 1 must begin where the step before it ends"));
  }

  @Test
  void unknownFieldsAndAllFaultsAreToldAtOnce() {
    var refused =
        refused(
            """
            {"name":" ","type":"target_tracking","metric":"cpu","target":-1,"tolerence":0.2}
            """,
            PolicyRequest.class);
    assertThat(refused.errors()).extracting(Violation::pointer).contains("/tolerence");
    var known =
        refused("{\"name\":\" \",\"type\":\"target_tracking\",\"target\":-1}", PolicyRequest.class);
    assertThat(known.errors())
        .extracting(Violation::pointer)
        .containsExactlyInAnyOrder("/name", "/metric", "/target");
  }

  @Test
  void behaviorHasItsDefaults() {
    assertThat(read("{}", BehaviorSpec.class)).isEqualTo(BehaviorSpec.DEFAULT);
    var rates =
        read(
            "{\"scale_in_rates\":{\"rates\":[{\"type\":\"percent\",\"value\":10,\"period_seconds\":60}]}}",
            BehaviorSpec.class);
    assertThat(rates.scaleInRates().rates()).containsExactly(new Rate(RateType.PERCENT, 10, 60));
    assertThat(rates.scaleInRates().select()).isEqualTo(RateSelect.MAX);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'scale_in_window_seconds':3601 | /scale_in_window_seconds",
        "'cooldown_in_seconds':-1 | /cooldown_in_seconds",
        "'scale_out_rates':{'rates':[{'type':'percent','value':0,'period_seconds':60}]} |"
            + " /scale_out_rates/rates/0/value",
        "'scale_out_rates':{'rates':[{'type':'instances','value':1}]} |"
            + " /scale_out_rates/rates/0/period_seconds"
      })
  void aBehaviorThatIsWrongIsNamed(String settings, String pointer) {
    var refused = refused(("{" + settings + "}").replace('\'', '"'), BehaviorSpec.class);
    assertThat(refused.type().code()).isEqualTo("behavior_invalid");
    assertThat(refused.errors()).extracting(Violation::pointer).contains(pointer);
  }
}
