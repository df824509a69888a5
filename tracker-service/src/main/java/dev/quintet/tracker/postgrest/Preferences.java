package dev.quintet.tracker.postgrest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The {@code Prefer} header.
 *
 * @param applied what goes into {@code Preference-Applied}
 */
record Preferences(
    @Nullable Resolution resolution,
    Returned returned,
    boolean counted,
    boolean missingByDefault,
    List<String> applied) {

  enum Resolution {
    MERGE_DUPLICATES,
    IGNORE_DUPLICATES
  }

  enum Returned {
    MINIMAL,
    HEADERS_ONLY,
    REPRESENTATION
  }

  private static final Map<String, Set<String>> KNOWN =
      Map.of(
          "resolution", Set.of("merge-duplicates", "ignore-duplicates"),
          "return", Set.of("minimal", "headers-only", "representation"),
          // An estimate may be exact: the table has one row per pod.
          "count", Set.of("exact", "planned", "estimated"),
          "missing", Set.of("default", "null"),
          "handling", Set.of("strict", "lenient"),
          // Always so: a request is one statement.
          "tx", Set.of("commit"));

  /** All lines of the header. What is not known counts only under {@code handling=strict}. */
  static Preferences of(List<String> lines) {
    var found = new LinkedHashMap<String, String>();
    var unknown = new ArrayList<String>();
    for (String line : lines) {
      for (String preference : line.split(",", -1)) {
        String[] parts = preference.strip().split("=", 2);
        if (parts.length == 2 && KNOWN.getOrDefault(parts[0], Set.of()).contains(parts[1])) {
          // The first of a kind counts (RFC 7240).
          var unused = found.putIfAbsent(parts[0], parts[1]);
        } else if (!preference.isBlank()) {
          unknown.add(preference.strip());
        }
      }
    }
    if ("strict".equals(found.get("handling")) && !unknown.isEmpty()) {
      throw Refused.invalidPreferences(unknown);
    }
    String resolution = found.get("resolution");
    return new Preferences(
        resolution == null
            ? null
            : resolution.startsWith("merge")
                ? Resolution.MERGE_DUPLICATES
                : Resolution.IGNORE_DUPLICATES,
        switch (found.getOrDefault("return", "minimal")) {
          case "representation" -> Returned.REPRESENTATION;
          case "headers-only" -> Returned.HEADERS_ONLY;
          default -> Returned.MINIMAL;
        },
        found.containsKey("count"),
        "default".equals(found.get("missing")),
        found.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList());
  }

  boolean representation() {
    return returned == Returned.REPRESENTATION;
  }
}
