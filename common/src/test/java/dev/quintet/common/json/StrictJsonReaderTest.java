package dev.quintet.common.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.quintet.common.probe.ProbeResource.Body;
import dev.quintet.common.problem.ProblemException;
import dev.quintet.common.problem.Violation;
import io.quarkus.runtime.configuration.MemorySize;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StrictJsonReaderTest {
  private static final ObjectMapper MAPPER = mapper();
  private static final StrictJsonReader READER =
      new StrictJsonReader(MAPPER, new MemorySize(BigInteger.valueOf(262_144)));

  private static ObjectMapper mapper() {
    var mapper = new ObjectMapper().registerModule(new JavaTimeModule());
    mapper.setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
    new JsonSettings().customize(mapper);
    return mapper;
  }

  private static Body read(String json) {
    return (Body)
        READER.read(json.getBytes(StandardCharsets.UTF_8), MAPPER.constructType(Body.class));
  }

  private static ProblemException refused(String json) {
    return catchThrowableOfType(ProblemException.class, () -> read(json));
  }

  @Test
  void aGoodBodyIsRead() {
    var body =
        read(
            "{\"given_name\":\"ada \\ud83d\\ude00\",\"how_many\":3,\"parts\":[{\"part_number\":1,\"epoch\":9007199254740993}]}");
    assertThat(body.givenName()).isEqualTo("ada 😀");
    assertThat(body.parts().getFirst().epoch()).isEqualTo(9007199254740993L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[1,",
        "{\"given_name\":NaN}",
        "{\"weight\":Infinity}",
        "{\"weight\":-Infinity}",
        "nul",
        "{} {}",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"given_name\":\"a\",\"given_name\":\"b\"}",
        "{\"a\":01}",
        "{\"a\":\"\u0001\"}",
        "\"\\ud8\""
      })
  void whatIsNotJsonIsMalformed(String json) {
    assertThat(refused(json).type().code()).isEqualTo("malformed_json");
  }

  @Test
  void brokenUtf8IsMalformed() {
    byte[] half = {'{', '"', 'a', '"', ':', '"', (byte) 0xC3, '"', '}'};
    assertThat(
            catchThrowableOfType(
                    ProblemException.class,
                    () -> READER.read(half, MAPPER.constructType(Body.class)))
                .type()
                .code())
        .isEqualTo("malformed_json");
  }

  @Test
  void deepNestingIsMalformed() {
    assertThat(refused("[".repeat(100_000)).type().code()).isEqualTo("malformed_json");
    assertThat(refused("{\"labels\":" + "{\"a\":".repeat(70) + "1" + "}".repeat(71)).type().code())
        .isEqualTo("malformed_json");
  }

  @Test
  void aNumberOfManyDigitsIsMalformed() {
    assertThat(refused("{\"how_many\":" + "9".repeat(100_000) + "}").type().code())
        .isEqualTo("malformed_json");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"given_name\":\"a\",\"x\":1}|unknown_field|/x",
        "{\"given_name\":\"a\",\"a/b~c\":1}|unknown_field|/a~1b~0c",
        "{\"given_name\":5}|wrong_type|/given_name",
        "{\"given_name\":true}|wrong_type|/given_name",
        "{\"given_name\":{}}|wrong_type|/given_name",
        "{\"given_name\":[]}|wrong_type|/given_name",
        "{\"given_name\":null}|required|/given_name",
        "{}|required|/given_name",
        "null|wrong_type|''",
        "[]|wrong_type|''",
        "5|wrong_type|''",
        "\"text\"|wrong_type|''",
        "{\"given_name\":\"a\",\"how_many\":\"5\"}|wrong_type|/how_many",
        "{\"given_name\":\"a\",\"how_many\":1.5}|wrong_type|/how_many",
        "{\"given_name\":\"a\",\"how_many\":1e400}|number_out_of_range|/how_many",
        "{\"given_name\":\"a\",\"how_many\":2147483648}|number_out_of_range|/how_many",
        "{\"given_name\":\"a\",\"how_many\":0}|invalid_value|/how_many",
        "{\"given_name\":\"a\",\"weight\":1e999999999}|number_out_of_range|/weight",
        "{\"given_name\":\"a\",\"some_id\":\"x\"}|wrong_type|/some_id",
        "{\"given_name\":\"a\",\"colour\":\"BLUE\"}|wrong_type|/colour",
        "{\"given_name\":\"a\",\"colour\":0}|wrong_type|/colour",
        "{\"given_name\":\"a\",\"parts\":{}}|wrong_type|/parts",
        "{\"given_name\":\"a\",\"parts\":[{\"part_number\":-1}]}|invalid_value|/parts/0/part_number",
        "{\"given_name\":\"a\",\"parts\":[{},{\"part_number\":1,\"y\":2}]}|unknown_field|/parts/1/y",
        "{\"given_name\":\"a\",\"parts\":[{\"epoch\":\"9\"}]}|invalid_epoch|/parts/0/epoch",
        "{\"given_name\":\"a\",\"parts\":[{\"epoch\":9223372036854775808}]}|invalid_epoch|/parts/0/epoch",
        "{\"given_name\":\"a\\u0000\"}|invalid_character|/given_name",
        "{\"given_name\":\"\\ud800\"}|invalid_character|/given_name",
        "{\"given_name\":\"\\udc00\\ud800\"}|invalid_character|/given_name",
        "{\"given_name\":\"a\",\"labels\":{\"\\u0000\":\"b\"}}|invalid_character|/labels",
      })
  void whatIsJsonButWrongSaysWhere(String json, String code, String pointer) {
    var problem = refused(json);
    assertThat(problem.type().status()).isEqualTo(422);
    assertThat(problem.type().code()).isEqualTo(code);
    assertThat(problem.errors()).extracting(Violation::pointer).containsExactly(pointer);
  }

  @Test
  void allFaultsAreToldAtOnce() {
    var problem =
        refused(
            "{\"x\":1,\"given_name\":7,\"how_many\":\"many\",\"some_id\":\"?\",\"parts\":[{\"z\":1},{\"epoch\":[]},{\"part_number\":-4}]}");
    assertThat(problem.type().code()).isEqualTo("validation_failed");
    assertThat(problem.errors())
        .extracting(Violation::pointer, Violation::code)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("/x", "unknown_field"),
            org.assertj.core.groups.Tuple.tuple("/given_name", "wrong_type"),
            org.assertj.core.groups.Tuple.tuple("/how_many", "wrong_type"),
            org.assertj.core.groups.Tuple.tuple("/some_id", "wrong_type"),
            org.assertj.core.groups.Tuple.tuple("/parts/0/z", "unknown_field"),
            org.assertj.core.groups.Tuple.tuple("/parts/1/epoch", "invalid_epoch"),
            org.assertj.core.groups.Tuple.tuple("/parts/2/part_number", "invalid_value"));
  }

  @Test
  void aBodyOfNothingButFaultsEndsSoon() {
    var json = new StringBuilder("{\"given_name\":\"a\"");
    for (int i = 0; i < 10_000; i++) {
      json.append(",\"u").append(i).append("\":1");
    }
    assertThat(refused(json.append('}').toString()).errors()).hasSizeBetween(1, 100);
  }

  @Test
  void noClassNameIsTold() {
    assertThat(refused("{\"given_name\":\"a\",\"colour\":\"BLUE\",\"how_many\":{}}").errors())
        .extracting(Violation::detail)
        .noneMatch(detail -> detail.contains("java") || detail.contains("dev.quintet"));
  }
}
