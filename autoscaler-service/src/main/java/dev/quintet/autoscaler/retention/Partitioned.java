package dev.quintet.autoscaler.retention;

import java.util.Locale;

/** The tables in partitions by id. */
enum Partitioned {
  METRICS,
  NODE_HEARTBEATS;

  String table() {
    return name().toLowerCase(Locale.ROOT);
  }
}
