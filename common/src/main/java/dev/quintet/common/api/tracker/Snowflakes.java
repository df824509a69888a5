package dev.quintet.common.api.tracker;

import java.util.OptionalLong;

/** Discord's ids: 63-bit numbers that travel as decimal text, since JavaScript cannot hold them. */
public final class Snowflakes {
  private Snowflakes() {}

  /** Empty for 0, for 2^63 and above, and for what is not plain digits. */
  public static OptionalLong parse(String text) {
    if (text.isEmpty() || text.length() > 19 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return OptionalLong.empty();
    }
    try {
      long id = Long.parseLong(text);
      return id == 0 ? OptionalLong.empty() : OptionalLong.of(id);
    } catch (NumberFormatException tooLarge) {
      return OptionalLong.empty();
    }
  }

  /**
   * The shard that Discord routes a guild to: the lower 22 bits are not part of the time, and so of
   * the spread.
   */
  public static int shardOf(long guildId, int totalShards) {
    return (int) ((guildId >> 22) % totalShards);
  }
}
