package dev.quintet.autoscaler.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.autoscaler.configuration.ConfigurationRules.Checked;
import dev.quintet.autoscaler.configuration.ConfigurationRules.Limits;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationRulesTest {
  private static final String GOOD =
      """
      # the web tier
      pools:
        - instance_pool_id: ocid1.instancepool.oc1..a
          name: web
          region: eu-frankfurt-1
          monitoring_method: prometheus
          cpu_threshold: 80
          ram_threshold: {min: 20.5, max: 90}
          scaling_limits: {min: 2, max: 20}
          scheduler_max_instances: 30
          schedules:
            - name: night
              start_time: 22:00
              end_time: '06:00'
              target_instances: 3
        - instance_pool_id: ocid1.instancepool.oc1..b
      """;

  private static String pool(String more) {
    return "pools:\n- instance_pool_id: a\n  " + more + "\n";
  }

  private static String schedule(String start, String end) {
    return pool(
        "schedules: [{name: s, start_time: %s, end_time: %s, target_instances: 1}]"
            .formatted(start, end));
  }

  @Test
  void whatTheAgentKnowsIsAccepted() {
    Checked checked = ConfigurationRules.check(GOOD);

    assertThat(checked.errors()).isEmpty();
    assertThat(checked.warnings()).isEmpty();
    assertThat(checked.limits()).containsExactly(new Limits("ocid1.instancepool.oc1..a", 2, 20));
  }

  @Test
  void anUnquotedTimeIsTheTextThatIsWritten() {
    assertThat(ConfigurationRules.check(schedule("22:00", "8:30")).errors())
        .singleElement()
        .satisfies(error -> {
          assertThat(error.path()).isEqualTo("pools[0].schedules[0].end_time");
          assertThat(error.rule()).isEqualTo("time");
        });
    var changes =
        ValueDiff.changes(
            ConfigurationRules.check(schedule("22:00", "06:00")).root().orElseThrow(),
            ConfigurationRules.check(schedule("\"22:00\"", "24:00")).root().orElseThrow());
    assertThat(changes)
        .singleElement()
        .hasToString("ValueChange[path=pools[a].schedules[s].end_time, from=06:00, to=24:00]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "9:00",
        "25:00",
        "12:60",
        "12:0",
        "\"\"",
        "12:00:00",
        "\"١٢:٠٠\"",
        "\"12:00\\n\"",
        "1320",
        "24:00"
      })
  void aStartThatIsNoTimeIsRefused(String start) {
    assertThat(ConfigurationRules.check(schedule(start, "06:00")).errors())
        .singleElement()
        .satisfies(error -> assertThat(error.path()).endsWith("start_time"));
  }

  @Test
  void aWindowOfNoLengthIsRefused() {
    assertThat(ConfigurationRules.check(schedule("06:00", "06:00")).errors())
        .singleElement()
        .satisfies(error -> assertThat(error.detail()).contains("00:00 to 24:00"));
    assertThat(ConfigurationRules.check(schedule("00:00", "24:00")).valid()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          cpu_threshold: .nan                  | type       | 3 | 18
          cpu_threshold: .inf                  | type       | 3 | 18
          cpu_threshold: 1e999                 | type       | 3 | 18
          cpu_threshold: yes                   | type       | 3 | 18
          cpu_threshold: [80]                  | type       | 3 | 18
          cpu_threshold: 100.1                 | range      | 3 | 18
          cpu_threshold: {min: 1}              | required   | 3 | 18
          ram_threshold: {min: 9, max: 8}      | limits     | 3 | 24
          scaling_limits: {min: 3, max: 2}     | limits     | 3 | 25
          scaling_limits: {min: -1, max: 2}    | range      | 3 | 25
          scaling_limits: {min: 1, max: 1001}  | range      | 3 | 33
          scaling_limits: {min: 1.5, max: 2}   | type       | 3 | 25
          scaling_limits: {min: 1}             | required   | 3 | 19
          scaling_limits: 5                    | type       | 3 | 19
          monitoring_method: cloudwatch        | value      | 3 | 22
          name: "a\\tb"                        | value      | 3 | 9
          name: {a: b}                         | type       | 3 | 9
          schedules: {a: b}                    | type       | 3 | 14
          schedules: [a]                       | type       | 3 | 15
          scheduler_max_instances: many        | type       | 3 | 28
          """)
  void aWrongValueIsToldWithItsPlace(String line, String rule, int row, int column) {
    assertThat(ConfigurationRules.check(pool(line)).errors())
        .singleElement()
        .satisfies(error -> {
          assertThat(error.rule()).isEqualTo(rule);
          assertThat(error.line()).isEqualTo(row);
          assertThat(error.column()).isEqualTo(column);
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "   \n", "# only a comment", "[]", "- a", "text", "{}", "other: 1", "~"})
  void theTopIsAMapWithPools(String text) {
    assertThat(ConfigurationRules.check(text).errors())
        .singleElement()
        .satisfies(
            error -> assertThat(error.detail()).isEqualTo("top level must be a map with pools"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          pools: &a [*a]                    | self_reference
          pools: [*a]                       | unknown_alias
          {pools: [], pools: []}            | duplicate_key
          pools: !!list []                  | tag
          pools: !!binary aGk=              | tag
          pools: !!java.util.Date 2020      | tag
          pools: [!foo x]                   | tag
          {? [a] : b, pools: []}            | key
          {pools: [], <<: {a: b}}           | merge_key
          pools: [                          | syntax
          pools: "open                      | syntax
          @                                 | syntax
          pools: %x                         | syntax
          """)
  void whatYamlAllowsAndWeDoNotIsTold(String text, String rule) {
    assertThat(ConfigurationRules.check(text).errors())
        .isNotEmpty()
        .first()
        .satisfies(error -> assertThat(error.rule()).isEqualTo(rule));
  }

  @Test
  void aSecondDocumentIsRefused() {
    assertThat(ConfigurationRules.check("pools: []\n---\npools: []\n").errors())
        .singleElement()
        .satisfies(error -> {
          assertThat(error.rule()).isEqualTo("second_document");
          assertThat(error.line()).isEqualTo(2);
        });
  }

  @Test
  void aCharacterThatCannotBePrintedIsToldWithItsPlace() {
    for (char bad : new char[] {'\0', '\u0007', '\uFFFF'}) {
      assertThat(ConfigurationRules.check("pools: []\n# a" + bad + "b\n").errors())
          .singleElement()
          .satisfies(error -> {
            assertThat(error.rule()).isEqualTo("unprintable_character");
            assertThat(error.line()).isEqualTo(2);
          });
    }
  }

  @Test
  void tooDeepIsRefusedOnTheWayDown() {
    for (int depth : new int[] {51, 100_000}) {
      assertThat(ConfigurationRules.check("pools: " + "[".repeat(depth)).errors())
          .singleElement()
          .satisfies(error -> assertThat(error.rule()).isEqualTo("too_deep"));
    }
  }

  @Test
  void aliasesThatUnfoldAreRefusedBeforeTheyDo() {
    var bomb = new StringBuilder("a0: &a0 [x, x]\n");
    for (int i = 1; i <= 24; i++) {
      bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
    }

    assertThat(ConfigurationRules.check(bomb + "pools: *a24\n").errors())
        .singleElement()
        .satisfies(error -> {
          assertThat(error.rule()).isEqualTo("too_many_nodes");
          assertThat(error.line()).isLessThan(16);
        });
  }

  @Test
  void aliasesWithinBoundsAreValues() {
    var checked =
        ConfigurationRules.check(
            """
            pools:
              - instance_pool_id: a
                scaling_limits: &usual {min: 1, max: 5}
              - instance_pool_id: b
                scaling_limits: *usual
            """);

    assertThat(checked.errors()).isEmpty();
    assertThat(checked.limits()).containsExactly(new Limits("a", 1, 5), new Limits("b", 1, 5));
  }

  @Test
  void manyValuesAreRefusedHoweverPlain() {
    String text =
        "pools: []\nmore: ["
            + String.join(",", IntStream.range(0, 25_000).mapToObj(i -> "1").toList())
            + "]";

    assertThat(ConfigurationRules.check(text).errors())
        .singleElement()
        .satisfies(error -> assertThat(error.rule()).isEqualTo("too_many_nodes"));
  }

  @Test
  void allProblemsAreToldAtOnceAndUnknownKeysAreWarnings() {
    var checked =
        ConfigurationRules.check(
            """
            pools:
              - name: web
                cpu_threshold: high
                scaling_limit: {min: 1, max: 2}
              - instance_pool_id: a
              - instance_pool_id: a
            """);

    assertThat(checked.errors())
        .extracting(error -> error.path() + " " + error.rule())
        .containsExactly(
            "pools[0].instance_pool_id required",
            "pools[0].cpu_threshold type",
            "pools[2] duplicate_pool");
    assertThat(checked.warnings())
        .singleElement()
        .satisfies(warning -> {
          assertThat(warning.path()).isEqualTo("pools[0].scaling_limit");
          assertThat(warning.line()).isEqualTo(4);
        });
  }

  @Test
  void problemsAreNotEndless() {
    assertThat(ConfigurationRules.check("pools: [" + "x,".repeat(5_000) + "]").errors())
        .hasSize(ConfigurationRules.MOST_PROBLEMS);
    assertThat(ConfigurationRules.check("pools: [" + "!a x,".repeat(5_000) + "]").errors())
        .hasSize(ConfigurationRules.MOST_PROBLEMS);
  }

  /** Whatever comes is an answer: bytes of a good text, changed at random. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void noTextMakesTheReaderFail(long seed) {
    var random = new Random(seed);
    String alphabet = "[]{}:,-?&*!|>'\"%@`#\n\t ab0\u0000\u0085\uFEFF😀";
    for (int i = 0; i < 500; i++) {
      var text = new StringBuilder(GOOD);
      for (int changes = 1 + random.nextInt(6); changes > 0; changes--) {
        int at = random.nextInt(text.length());
        char c = alphabet.charAt(random.nextInt(alphabet.length()));
        if (random.nextBoolean()) {
          text.setCharAt(at, c);
        } else {
          text.insert(at, c);
        }
      }
      var checked = ConfigurationRules.check(text.toString());
      assertThat(checked.root().isPresent()).isEqualTo(checked.valid());
    }
  }
}
