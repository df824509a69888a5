package dev.quintet.tracker.postgrest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StatementTest {
  private static final Relation TABLE = Relation.CLUSTER_MANAGEMENT;
  private static final Preferences MINIMAL = Preferences.of(List.of());

  private static Query query(Map<String, List<String>> query) {
    return QueryParser.parse(TABLE, query);
  }

  private static Query filtered() {
    return query(Map.of("instance_id", List.of("eq.bot-1")));
  }

  @Test
  void readingIsOneStatementThatCountsWithTheSameValues() {
    var query =
        query(
            new LinkedHashMap<>(
                Map.of(
                    "shard_id", List.of("not.in.(1,2)"),
                    "select", List.of("who:instance_id,shard_id"),
                    "order", List.of("last_heartbeat.desc.nullslast"))));
    var statement = Statement.read(query, new RowRange(20, 10L), true, Set.of("c"));
    assertThat(statement.sql())
        .isEqualTo(
            "WITH page AS (SELECT t.* FROM tracker.cluster_management AS t"
                + " WHERE NOT (t.shard_id = ANY ($1::text[]::integer[]))"
                + " AND t.cluster_name = ANY ($2::text[])"
                + " ORDER BY t.last_heartbeat DESC NULLS LAST"
                + " LIMIT $3::text::bigint OFFSET $4::text::bigint)"
                + " SELECT coalesce(json_agg(json_build_object($5::text, t.instance_id, 'shard_id', t.shard_id)), '[]')::text AS body,"
                + " count(*) AS rows, (SELECT count(*) FROM tracker.cluster_management AS t"
                + " WHERE NOT (t.shard_id = ANY ($1::text[]::integer[]))"
                + " AND t.cluster_name = ANY ($2::text[])) AS total,"
                + " 0::bigint AS inserted, NULL::text AS first_id FROM page AS t");
    assertThat(statement.values())
        .containsExactly(new String[] {"1", "2"}, new String[] {"c"}, "10", "20", "who");
  }

  @Test
  void aHeartbeatIsOneUpdate() {
    var columns = List.of(TABLE.column("last_heartbeat"), TABLE.column("pod_ip"));
    var statement =
        Statement.update(
            "{\"last_heartbeat\":\"now()\",\"pod_ip\":null}", columns, filtered(), MINIMAL, null);
    assertThat(statement.sql())
        .startsWith(
            "WITH written AS (UPDATE tracker.cluster_management AS t"
                + " SET last_heartbeat = p.last_heartbeat, pod_ip = p.pod_ip"
                + " FROM json_to_record($1::text::json) AS p (last_heartbeat timestamptz, pod_ip inet)"
                + " WHERE (t.instance_id = $2::text) RETURNING t.*)");
  }

  @Test
  void mergingMayNotReachIntoAnotherCluster() {
    var columns = List.of(TABLE.column("id"), TABLE.column("cluster_name"));
    var statement =
        Statement.insert(
            "[{}]",
            columns,
            query(Map.of("on_conflict", List.of("id"))),
            Preferences.of(List.of("resolution=merge-duplicates")),
            Set.of("c"));
    assertThat(statement.sql())
        .contains(
            "ON CONFLICT (id) DO UPDATE SET id = excluded.id, cluster_name = excluded.cluster_name"
                + " WHERE t.cluster_name = ANY ($2::text[])");
  }

  static List<Long> seeds() {
    var seeds = new ArrayList<>(List.of(1L, 2L, 3L));
    new Random().longs(5).forEach(seeds::add);
    return seeds;
  }

  /** The client's words never reach the text of a statement, whatever they are. */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void whatTheClientWroteIsOnlyEverBound(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      String mark =
          "zq" + IntStream.range(0, 3).mapToObj(n -> odd(random)).reduce("", String::concat);
      var wild = new LinkedHashMap<String, List<String>>();
      var names = List.copyOf(TABLE.byName().keySet());
      String operator = List.of("eq", "neq", "gt", "like", "ilike").get(random.nextInt(5));
      wild.put(names.get(random.nextInt(names.size())), List.of(operator + "." + mark));
      wild.put(
          names.get(random.nextInt(names.size())),
          List.of("not.in.(" + mark + ",\"" + mark + "\")"));
      String alias = mark.replaceAll("[,():>]", "_").strip();
      wild.put("select", List.of(alias + ":" + names.get(random.nextInt(names.size()))));
      var query = query(wild);
      for (Statement statement :
          List.of(
              Statement.read(query, RowRange.ALL, true, Set.of(mark)),
              Statement.delete(
                  query, Preferences.of(List.of("return=representation")), Set.of(mark)),
              Statement.update(
                  "{\"status\":\"" + mark + "\"}",
                  List.of(TABLE.column("status")),
                  query,
                  MINIMAL,
                  Set.of(mark)),
              Statement.insert("[\"" + mark + "\"]", List.of(), query, MINIMAL, null),
              Statement.call(
                  SeedFunction.GET_NEXT_AVAILABLE_SHARD,
                  arguments(mark),
                  QueryParser.parse(SeedFunction.GET_NEXT_AVAILABLE_SHARD.result(), Map.of()),
                  RowRange.ALL,
                  false))) {
        assertThat(statement.sql()).doesNotContain("zq");
        assertThat(placeholders(statement.sql())).isEqualTo(statement.values().size());
      }
    }
  }

  private static Map<String, @Nullable String> arguments(String mark) {
    var arguments = new LinkedHashMap<String, @Nullable String>();
    arguments.put("p_cluster_name", mark);
    arguments.put("p_total_shards", null);
    return arguments;
  }

  private static String odd(Random random) {
    String from = "'\"\\;$1)(,.:-/*% \t\n\u00fc\ud83d\ude00|&=?{}[]";
    int at = random.nextInt(from.length());
    return Character.isSurrogate(from.charAt(at)) ? "'" : from.substring(at, at + 1);
  }

  private static int placeholders(String sql) {
    return java.util.regex.Pattern.compile("\\$(\\d+)")
        .matcher(sql)
        .results()
        .mapToInt(found -> Integer.parseInt(found.group(1)))
        .max()
        .orElse(0);
  }

  @Test
  void theKeysOfAllRowsMustMatchUnlessTheQueryNamesThem() throws Exception {
    var json = new ObjectMapper();
    var rows = json.readTree("[{\"shard_id\":1},{\"shard_id\":2,\"status\":\"active\"}]");
    assertThat(
            org.assertj.core.api.Assertions.catchThrowableOfType(
                    Refused.class, () -> Payload.of(rows, null))
                .body()
                .message())
        .isEqualTo("All object keys must match");
    assertThat(Payload.of(rows, List.of(TABLE.column("shard_id"))).columns()).hasSize(1);
  }
}
