package dev.quintet.coordination.lock;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What happens to fencing tokens when the database server is another one. */
@ConfigMapping(prefix = "quintet.coordination.fencing")
interface FencingConfig {
  /**
   * After a fail-over or a restore the sequence is raised by a million before the first grant. Off:
   * an operator does it, by {@code SELECT coordination.bump_fencing(1000000)}.
   */
  @WithDefault("true")
  boolean autoBump();
}
