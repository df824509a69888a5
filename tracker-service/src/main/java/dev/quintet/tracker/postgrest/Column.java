package dev.quintet.tracker.postgrest;

import org.jspecify.annotations.Nullable;

/**
 * A column that a client may name. Its text in SQL comes from here, never from the request.
 *
 * @param type what a client's text is cast to
 * @param byDefault the table's default as SQL, for {@code Prefer: missing=default}
 */
record Column(String name, String type, @Nullable String byDefault) {
  /** In a statement that calls its rows {@code t}. */
  String sql() {
    return "t." + name;
  }

  String declaration() {
    return name + " " + type;
  }
}
