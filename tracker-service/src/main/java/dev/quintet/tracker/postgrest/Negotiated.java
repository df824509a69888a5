package dev.quintet.tracker.postgrest;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the headers ask for.
 *
 * @param singular one object instead of an array of one
 */
record Negotiated(Preferences preferences, boolean singular) {
  private static final String SCHEMA = "tracker";
  private static final Set<String> ARRAYS =
      Set.of(
          "*/*",
          "application/*",
          "application/json",
          "application/vnd.pgrst.array",
          "application/vnd.pgrst.array+json");
  private static final Set<String> OBJECTS =
      Set.of("application/vnd.pgrst.object", "application/vnd.pgrst.object+json");

  /**
   * @param profile the schema asked for; null: the only one there is
   */
  static Negotiated of(List<String> prefer, List<String> accept, @Nullable String profile) {
    if (profile != null && !profile.strip().equals(SCHEMA)) {
      throw Refused.unknownSchema(profile.strip());
    }
    return new Negotiated(Preferences.of(prefer), singular(accept));
  }

  String mediaType() {
    return singular
        ? "application/vnd.pgrst.object+json; charset=utf-8"
        : "application/json; charset=utf-8";
  }

  private static boolean singular(List<String> accept) {
    String all = String.join(",", accept);
    for (String item : all.split(",", -1)) {
      String[] parts = item.strip().toLowerCase(java.util.Locale.ROOT).split(";", -1);
      if (parts.length > 1 && item.contains("nulls=stripped")) {
        continue;
      }
      if (OBJECTS.contains(parts[0].strip())) {
        return true;
      }
      if (ARRAYS.contains(parts[0].strip())) {
        return false;
      }
    }
    if (all.isBlank()) {
      return false;
    }
    throw Refused.unacceptable(all);
  }
}
