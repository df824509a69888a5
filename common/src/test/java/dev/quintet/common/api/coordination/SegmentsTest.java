package dev.quintet.common.api.coordination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violations;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SegmentsTest {
  @ParameterizedTest
  @ValueSource(strings = {"gpt-4o-mini", "claude-3.5-sonnet", "org/model_1", "A"})
  void modelsHaveSlashesAndDots(String model) {
    assertThat(Segments.isModel(model)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"user123", "a@b.example", "3f1c9f3e-1f5b-4c7e-9d1a-1f5b4c7e9d1a", "_"})
  void idsAreUuidsAndMailAddresses(String id) {
    assertThat(Segments.isId(id)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":", "a:b", "*", "a*", "a b", "ä", "a\n", "{a}", "a,b", "a\0"})
  void nothingThatCouldNameAnotherKeyPasses(String text) {
    assertThat(Segments.isModel(text)).isFalse();
    assertThat(Segments.isId(text)).isFalse();
  }

  @Test
  void lengthsAreThoseOfTheKeys() {
    assertThat(Segments.isModel("m".repeat(50))).isTrue();
    assertThat(Segments.isModel("m".repeat(51))).isFalse();
    assertThat(Segments.isId("u".repeat(64))).isTrue();
    assertThat(Segments.isId("u".repeat(65))).isFalse();
    assertThat(Segments.isId("a/b")).isFalse();
    assertThat(Segments.isModel("a@b")).isFalse();
  }

  @Test
  void bothAreToldAtOnceByTheCodeOfTheContract() {
    var violations = new Violations();
    Segments.checkModel(violations, "a:b", "/model");
    Segments.checkId(violations, null, "/user_id");
    var refused = catchThrowableOfType(ProblemException.class, violations::orThrow);
    assertThat(refused.type()).isEqualTo(CoordinationProblem.INVALID_KEY_SEGMENT);
    assertThat(refused.errors()).extracting("pointer").containsExactly("/model", "/user_id");
  }
}
