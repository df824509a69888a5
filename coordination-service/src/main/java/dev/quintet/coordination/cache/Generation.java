package dev.quintet.coordination.cache;

import java.util.UUID;

/**
 * A number in Redis that every invalidation of its subject raises. A fill token is the numbers of
 * all that a value depends on, so a value that was computed before any of them rose is refused. It
 * begins at random: a number that Redis has lost and begun again makes no old token good.
 *
 * @param letter what its number begins with in a token
 * @param key in Redis, without the prefix
 */
record Generation(String letter, String key) {
  /** Raised where it cannot be told which values are meant: by patterns. */
  static final Generation OF_ALL = new Generation("a", "gen:all");

  /** Keys share numbers: a clash refuses a value that was good, and memory stays bounded. */
  private static final int SHARED = 4096;

  static Generation ofKey(String cacheKey) {
    return new Generation("k", "gen:keys:" + Math.floorMod(cacheKey.hashCode(), SHARED));
  }

  static Generation ofDocument(UUID id) {
    return new Generation("d", "gen:doc:" + id);
  }

  static Generation ofUser(UUID id) {
    return new Generation("u", "gen:user:" + id);
  }

  static Generation ofModel(String model) {
    return new Generation("m", "gen:model:" + model);
  }
}
