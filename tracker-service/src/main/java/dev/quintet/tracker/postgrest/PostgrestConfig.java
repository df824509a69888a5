package dev.quintet.tracker.postgrest;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.util.List;
import java.util.Optional;

/** The door for Supabase bots. */
@ConfigMapping(prefix = "quintet.tracker")
public interface PostgrestConfig {
  /**
   * SHA-256 of keys that open {@code /rest/v1} with role service, 64 hexadecimal digits each: for
   * bots that send one fixed key and cannot fetch tokens. None by default. A key must be random and
   * long ({@code openssl rand -hex 32}): a fast hash does not protect a word. To change a key
   * without a gap, list both for a while.
   */
  Optional<List<String>> apiKeys();

  /** Most rows of one reply, as Supabase limits it. */
  @WithName("postgrest.most-rows")
  @WithDefault("1000")
  int mostRows();
}
