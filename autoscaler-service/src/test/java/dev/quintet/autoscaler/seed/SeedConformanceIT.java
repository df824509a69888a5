package dev.quintet.autoscaler.seed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The seed's own text against the catalog: names as they are, types the same or wider, nullability
 * the same or stricter. What the seed says is read from it here, not written down a second time.
 */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class SeedConformanceIT {
  private static final String SEED = text();
  private static final Pattern TABLE =
      Pattern.compile("CREATE TABLE (\\w+) \\(\\n(.*?)\\n\\);", Pattern.DOTALL);
  private static final Pattern ENUM = Pattern.compile("CREATE TYPE (\\w+) AS ENUM \\(([^)]*)\\);");
  private static final Pattern INDEX =
      Pattern.compile("CREATE INDEX (\\w+) ON (\\w+)\\(([^)]*)\\);");
  private static final Pattern RELATION =
      Pattern.compile(
          "^\\| (\\w+) \\| (\\w+) \\| One-to-Many \\| (CASCADE|SET NULL) \\|$", Pattern.MULTILINE);

  /** Append-only tables whose int4 would end within weeks. */
  private static final Set<String> WIDE_IDS =
      Set.of("metrics", "audit_logs", "node_heartbeats", "node_lifecycle_logs", "pool_analytics");

  Database database;

  private static String text() {
    try (var seed =
        Objects.requireNonNull(SeedConformanceIT.class.getResourceAsStream("database-schema.md"))) {
      return new String(seed.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private record Column(
      String name, String type, boolean notNull, boolean unique, boolean key, String fallback) {}

  private static Map<String, List<Column>> tables() {
    var tables = new LinkedHashMap<String, List<Column>>();
    var found = TABLE.matcher(SEED);
    while (found.find()) {
      var columns = new ArrayList<Column>();
      for (String line : found.group(2).split("\n")) {
        String said = line.replaceAll("--.*", "").strip().replaceAll(",$", "");
        String[] words = said.split("\\s+", 3);
        String rest = words.length > 2 ? words[2] : "";
        var fallback = Pattern.compile("DEFAULT (\\S+)").matcher(rest);
        columns.add(
            new Column(
                words[0],
                words[1],
                rest.contains("NOT NULL") || rest.contains("PRIMARY KEY"),
                rest.contains("UNIQUE"),
                rest.contains("PRIMARY KEY"),
                fallback.find() ? fallback.group(1) : ""));
      }
      tables.put(found.group(1), columns);
    }
    return tables;
  }

  /** Names of the seed's columns, by table. */
  static Map<String, Set<String>> columns() {
    var columns = new LinkedHashMap<String, Set<String>>();
    tables()
        .forEach((table, all) ->
            columns.put(table, all.stream().map(Column::name).collect(Collectors.toSet())));
    return columns;
  }

  private static String widened(String table, String type) {
    return switch (type) {
      case "SERIAL" -> WIDE_IDS.contains(table) ? "bigint" : "integer";
      case "TIMESTAMP" -> "timestamp with time zone";
      case "FLOAT" -> "double precision";
      case "INTEGER", "TEXT", "BOOLEAN" -> type.toLowerCase(Locale.ROOT);
      default ->
          type.startsWith("VARCHAR")
              ? type.toLowerCase(Locale.ROOT).replace("varchar", "character varying")
              : "autoscaler." + type;
    };
  }

  private static String fallback(String said) {
    return said.replaceAll("^'(.*)'$", "$1").toLowerCase(Locale.ROOT);
  }

  @Test
  void theSeedIsReadWhole() {
    assertThat(tables())
        .containsOnlyKeys(
            "users",
            "nodes",
            "pools",
            "metrics",
            "schedules",
            "audit_logs",
            "node_configurations",
            "node_heartbeats",
            "node_lifecycle_logs",
            "pool_analytics",
            "system_analytics");
    assertThat(tables().values().stream().mapToInt(List::size).sum()).isEqualTo(109);
    assertThat(INDEX.matcher(SEED).results()).hasSize(10);
    assertThat(RELATION.matcher(SEED).results()).hasSize(10);
    assertThat(ENUM.matcher(SEED).results()).hasSize(4);
  }

  @Test
  void everyColumnIsThereAsTheSeedHasItOrWider() {
    tables()
        .forEach((table, columns) -> {
          var ours = new LinkedHashMap<String, Map<String, Object>>();
          database
              .rows(
                  """
                  SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
                         coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS fallback
                    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                   WHERE a.attrelid = ('autoscaler.' || ?)::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
                  """,
                  table)
              .forEach(row -> ours.put(String.valueOf(row.get("attname")), row));
          for (Column column : columns) {
            String what = table + "." + column.name();
            var mine = ours.get(column.name());
            assertThat(mine).as(what).isNotNull();
            assertThat(mine.get("type")).as(what).isEqualTo(widened(table, column.type()));
            if (column.notNull() || !column.fallback().isEmpty()) {
              assertThat(mine.get("not_null")).as(what + " is never null").isEqualTo(true);
            }
            String fallback =
                String.valueOf(mine.get("fallback"))
                    .replaceAll("::[a-z_. ()]+", "")
                    .replace("'", "");
            if (column.type().equals("SERIAL")) {
              assertThat(fallback).as(what).startsWith("nextval(");
            } else {
              assertThat(fallback.toLowerCase(Locale.ROOT))
                  .as(what)
                  .isEqualTo(fallback(column.fallback()));
            }
          }
          // What we added must not get in the way of an INSERT written for the seed.
          var seeds = columns.stream().map(Column::name).toList();
          ours.forEach((name, mine) ->
              assertThat(
                      seeds.contains(name)
                          || mine.get("not_null").equals(false)
                          || !String.valueOf(mine.get("fallback")).isEmpty())
                  .as(table + "." + name + " is ours and has a default")
                  .isTrue());
          assertThat(new ArrayList<>(ours.keySet()).subList(0, seeds.size()))
              .as(table)
              .isEqualTo(seeds);
        });
  }

  @Test
  void keysAndUniqueColumnsAreTheSeeds() {
    tables()
        .forEach((table, columns) -> {
          for (Column column : columns) {
            if (column.key() || column.unique()) {
              assertThat(
                      database.rows(
                          """
                          SELECT 1 FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
                           WHERE k.conrelid = ('autoscaler.' || ?)::regclass AND k.contype::text = ? AND cardinality(k.conkey) = 1
                             AND a.attname = ?
                          """,
                          table,
                          column.key() ? "p" : "u",
                          column.name()))
                  .as(table + "." + column.name())
                  .hasSize(1);
            }
          }
        });
  }

  @Test
  void theTenForeignKeysActAsTheSeedsTableSays() {
    var relations = RELATION.matcher(SEED);
    int found = 0;
    while (relations.find()) {
      found++;
      assertThat(
              database.value(
                  """
                  SELECT confdeltype::text FROM pg_constraint
                   WHERE contype = 'f' AND conrelid = ('autoscaler.' || ?)::regclass AND confrelid = ('autoscaler.' || ?)::regclass
                     AND conparentid = 0
                  """,
                  relations.group(2),
                  relations.group(1)))
          .as(relations.group(1) + " → " + relations.group(2))
          .isEqualTo(relations.group(3).equals("CASCADE") ? "c" : "n");
    }
    assertThat(found).isEqualTo(10);
  }

  @Test
  void theTenIndexesHaveTheSeedsNamesAndColumns() {
    var indexes = INDEX.matcher(SEED);
    while (indexes.find()) {
      assertThat(
              database.value(
                  """
                  SELECT i.indrelid::regclass::text || ' ' ||
                         (SELECT string_agg(a.attname, ', ' ORDER BY k.n)
                            FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, n)
                            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum)
                    FROM pg_index i WHERE i.indexrelid = ('autoscaler.' || ?)::regclass AND i.indisvalid
                  """,
                  indexes.group(1)))
          .as(indexes.group(1))
          .isEqualTo("autoscaler." + indexes.group(2) + " " + indexes.group(3));
    }
  }

  @Test
  void theEnumsHaveTheSeedsLabelsInOrder() {
    var enums = ENUM.matcher(SEED);
    while (enums.find()) {
      assertThat(
              database
                  .rows(
                      "SELECT enumlabel FROM pg_enum WHERE enumtypid = ('autoscaler.' || ?)::regtype ORDER BY enumsortorder",
                      enums.group(1))
                  .stream()
                  .map(row -> String.valueOf(row.get("enumlabel"))))
          .as(enums.group(1))
          .containsExactlyElementsOf(
              Arrays.stream(enums.group(2).split(","))
                  .map(label -> label.strip().replace("'", ""))
                  .toList());
    }
  }

  @Test
  void everyTableHasForcedRowLevelSecurity() {
    assertThat(
            database.rows(
                """
                SELECT relname FROM pg_class
                 WHERE relnamespace = 'autoscaler'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'flyway_schema_history'
                   AND NOT (relrowsecurity AND relforcerowsecurity)
                """))
        .isEmpty();
  }
}
