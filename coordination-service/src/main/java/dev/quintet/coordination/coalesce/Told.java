package dev.quintet.coordination.coalesce;

import org.jspecify.annotations.Nullable;

/** What coalesce.lua says. */
sealed interface Told {
  record Leader(String promise, long leaseMs, boolean promoted) implements Told {}

  record Pending(String promise, long leaseMs) implements Told {}

  /**
   * @param result JSON; empty: the caller itself has just given it
   */
  record Done(String promise, String result) implements Told {}

  record Failed(String promise, String error) implements Told {}

  record Bypass() implements Told {}

  record Kept(long leaseMs) implements Told {}

  /**
   * @param leader the promise that is in force; null: there is none
   */
  record Stale(@Nullable String leader) implements Told {}

  record Unknown() implements Told {}

  /** The leader failed, and one who waits takes over. */
  record Promoting() implements Told {}
}
