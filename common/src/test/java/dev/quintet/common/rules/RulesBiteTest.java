package dev.quintet.common.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import dev.quintet.common.testing.ServiceRules;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A rule that nothing can break says nothing: each one refuses a class made to break it. */
class RulesBiteTest {
  private static final JavaClasses BAD =
      new ClassFileImporter()
          .importPackages(
              "dev.quintet.tracker.fixture",
              "dev.quintet.cyclic",
              "dev.quintet.supervisor.fixture",
              "dev.quintet.common.api.fixture");

  /** What the report of each rule must name. */
  private static final Map<String, String> BITTEN =
      Map.of(
          "FEATURES_HAVE_NO_CYCLES", "Back",
          "ONLY_QUERIES_TOUCH_THE_SQL_CLIENT", "BadService",
          "ONLY_RESOURCES_KNOW_HTTP", "BadService",
          "NOBODY_WAITS_OR_SUBSCRIBES", "BadResource",
          "NOBODY_READS_THE_SYSTEM_CLOCK", "BadResource",
          "NO_FIELD_INJECTION", "BadResource.foreign",
          "EVERY_ENDPOINT_NAMES_ITS_ROLES", "BadResource.openToAll",
          "NO_THREAD_LOCAL", "BadResource",
          "NO_SERVICE_NEEDS_ANOTHER", "Foreign",
          "THE_API_IS_VALUES", "Mutable");

  static Stream<String> rules() {
    return Arrays.stream(ServiceRules.class.getFields())
        .filter(field -> field.getType() == ArchRule.class)
        .map(field -> field.getName());
  }

  @ParameterizedTest
  @MethodSource("rules")
  void theRuleBites(String name) throws ReflectiveOperationException {
    ArchRule rule = (ArchRule) ServiceRules.class.getField(name).get(null);
    var result = rule.evaluate(BAD);
    assertThat(result.hasViolation()).as(name + " lets everything pass").isTrue();
    assertThat(String.join("\n", result.getFailureReport().getDetails()))
        .contains(BITTEN.get(name));
  }

  @Test
  void whatCommonPublishesIsValues() {
    ServiceRules.THE_API_IS_VALUES.check(
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.quintet.common.api"));
  }
}
