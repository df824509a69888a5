package dev.quintet.tracker.postgrest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.quintet.tracker.postgrest.Query.Order;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QueryParserTest {
  private static final Relation TABLE = Relation.CLUSTER_MANAGEMENT;

  /** Name, value, name, value… */
  private static Map<String, List<String>> query(String... parts) {
    var query = new LinkedHashMap<String, List<String>>();
    for (int i = 0; i < parts.length; i += 2) {
      query.computeIfAbsent(parts[i], name -> new java.util.ArrayList<>()).add(parts[i + 1]);
    }
    return query;
  }

  private static Query parse(String... parts) {
    return QueryParser.parse(TABLE, query(parts));
  }

  private static Refused refused(String... parts) {
    return catchThrowableOfType(Refused.class, () -> parse(parts));
  }

  private static Filter.Test test(String value) {
    return parse("shard_id", value).filters().getFirst().test();
  }

  @Test
  void withoutSelectEveryColumnIsRead() {
    assertThat(parse().select().keySet()).hasSize(19).startsWith("id", "instance_id");
    assertThat(parse("select", "*").select()).isEqualTo(parse().select());
    assertThat(parse("select", "").select()).isEqualTo(parse().select());
  }

  @Test
  void selectNamesAndRenamesColumns() {
    var select = parse("select", "shard_id, who:instance_id,\"status\"").select();
    assertThat(select.keySet()).containsExactly("shard_id", "who", "status");
    assertThat(select.values())
        .extracting(Column::name)
        .containsExactly("shard_id", "instance_id", "status");
  }

  @Test
  void aStarMayStandBesideNames() {
    var select = parse("select", "who:instance_id,*").select();
    assertThat(select.keySet()).hasSize(20).startsWith("who", "id");
  }

  @ParameterizedTest
  @CsvSource({
    "nothing, 42703",
    "'shard_id,nothing', 42703",
    "a:nothing, 42703",
    "'shard_id,', PGRST100",
    ":shard_id, PGRST100",
    "'clusters(*)', PGRST127",
    "shard_id::text, PGRST127",
    "id->x, PGRST127",
    "count, 42703",
  })
  void aSelectThatIsNotUnderstoodIsRefused(String select, String code) {
    assertThat(refused("select", select).body().code()).isEqualTo(code);
  }

  @Test
  void aNameInTheReplyIsNoLongerThanAnIdentifier() {
    assertThat(refused("select", "a".repeat(64) + ":id").body().code()).isEqualTo("PGRST100");
    String many =
        java.util.stream.IntStream.range(0, 51)
            .mapToObj(i -> "a" + i + ":id")
            .collect(Collectors.joining(","));
    assertThat(refused("select", many).body().code()).isEqualTo("PGRST100");
  }

  @ParameterizedTest
  @CsvSource({
    "eq.3, =, 3",
    "neq.3, <>, 3",
    "gt.3, >, 3",
    "gte.3, >=, 3",
    "lt.3, <, 3",
    "lte.3, <=, 3",
    "eq.a.b.c, =, a.b.c",
    "eq., =, ''",
    "like.bot-*, LIKE, bot-%",
    "ilike.*A_, ILIKE, %A_",
    "eq.*, =, *",
    "eq.not.eq.1, =, not.eq.1",
  })
  void aComparisonIsOperatorAndValue(String value, String operator, String operand) {
    assertThat(test(value)).isEqualTo(new Filter.Compares(operator, operand));
  }

  @ParameterizedTest
  @CsvSource({"is.null, NULL", "is.NULL, NULL", "is.true, TRUE", "is.unknown, UNKNOWN"})
  void isTakesAState(String value, String state) {
    assertThat(test(value)).isEqualTo(new Filter.Is(state));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "in.(1,2)|1;2",
        "in.()|''",
        "in.(a b,c)|a b;c",
        "in.(\"a,b\",c)|a,b;c",
        "in.(\"a\\\"b\\\\c\")|a\"b\\c",
        "in.(\"a)(b\")|a)(b",
        "in.(a\"b,c)|a\"b;c",
        "in.(\"a\"b,c)|\"a\"b;c",
        "in.(\"open,c)|\"open;c",
        "in.(,)|;",
      })
  void inTakesAList(String value, String expected) {
    var elements = ((Filter.OneOf) test(value)).values();
    assertThat(elements)
        .isEqualTo(expected.isEmpty() ? List.of() : Arrays.asList(expected.split(";", -1)));
  }

  @Test
  void notTurnsAConditionAround() {
    var filter = parse("shard_id", "not.in.(1,2)").filters().getFirst();
    assertThat(filter.negated()).isTrue();
    assertThat(filter.test()).isEqualTo(new Filter.OneOf(List.of("1", "2")));
  }

  @Test
  void oneColumnMayHaveSeveralConditions() {
    assertThat(parse("shard_id", "gt.1", "shard_id", "lt.5").filters()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "eq",
        "3",
        "=3",
        "is.1",
        "is.",
        "in.1,2",
        "in.(1",
        "in",
        "not",
        "not.",
        "not.eq",
        "noop.1",
        ".",
        "not.not.eq.1",
        "EQ.1",
        "eq .1"
      })
  void aConditionThatIsNotUnderstoodIsNeverDropped(String value) {
    var refused = refused("shard_id", value);
    assertThat(refused).as(value).isNotNull();
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.body().code()).isEqualTo("PGRST100");
  }

  @ParameterizedTest
  @CsvSource({
    "shard_id, match.^a",
    "shard_id, eq(any).{1}",
    "shard_id, fts.x",
    "shard_id, fts(english).x",
    "shard_id, isdistinct.1",
    "or, '(shard_id.eq.1,shard_id.eq.2)'",
    "not.and, '(shard_id.eq.1)'",
    "id->a, eq.1",
  })
  void whatPostgrestHasBeyondThisIsSaidToBeMissing(String name, String value) {
    assertThat(refused(name, value).body().code()).isEqualTo("PGRST127");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nothing", "t.shard_id", "\"shard_id", "shard_id ", "", "id;--"})
  void aConditionOnNothingIsRefused(String name) {
    assertThat(refused(name, "eq.1").body().code()).isEqualTo("42703");
  }

  @Test
  void orderHasDirectionAndPlaceOfNulls() {
    assertThat(parse("order", "shard_id.desc.nullslast,hostname.nullsfirst,id").order())
        .containsExactly(
            new Order(TABLE.column("shard_id"), true, false),
            new Order(TABLE.column("hostname"), false, true),
            new Order(TABLE.column("id"), false, null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "shard_id.up",
        "shard_id.asc.desc",
        "shard_id.nullsfirst.asc",
        ",",
        ".asc",
        "shard_id,",
        "shard_id.asc.nullsfirst.nullslast",
        "shard_id.",
        "shard_id.ASC"
      })
  void anOrderThatIsNotUnderstoodIsRefused(String order) {
    assertThat(refused("order", order).body().code()).isEqualTo("PGRST100");
  }

  @Test
  void limitAndOffsetAreNumbers() {
    assertThat(parse("limit", "5", "offset", "10").range()).isEqualTo(new RowRange(10, 5L));
    assertThat(refused("limit", "five").body().code()).isEqualTo("PGRST100");
    assertThat(refused("limit", "99999999999999999999").body().code()).isEqualTo("PGRST100");
    assertThat(refused("limit", "-1").status()).isEqualTo(416);
    assertThat(refused("offset", "-1").body().code()).isEqualTo("PGRST103");
  }

  @Test
  void columnsAndOnConflictNameColumns() {
    var query = parse("columns", "\"shard_id\",\"status\"", "on_conflict", "cluster_name,shard_id");
    assertThat(query.columns().orElseThrow())
        .extracting(Column::name)
        .containsExactly("shard_id", "status");
    assertThat(query.onConflict().orElseThrow())
        .extracting(Column::name)
        .containsExactly("cluster_name", "shard_id");
    assertThat(refused("columns", "nothing").body().code()).isEqualTo("PGRST204");
    assertThat(refused("on_conflict", "nothing").body().code()).isEqualTo("42703");
    assertThat(refused("on_conflict", " ").body().code()).isEqualTo("PGRST100");
  }

  @Test
  void theArgumentsOfAFunctionAreNoFilters() {
    var result = SeedFunction.GET_NEXT_AVAILABLE_SHARD.result();
    var parsed =
        QueryParser.parse(
            result,
            query("p_cluster_name", "eq.c", "shard_id", "eq.1", "select", "shard_id"),
            Set.of("p_cluster_name"));
    assertThat(parsed.arguments()).containsExactly(Map.entry("p_cluster_name", "eq.c"));
    assertThat(parsed.filters()).hasSize(1);
    assertThat(parsed.select().keySet()).containsExactly("shard_id");
  }
}
