package dev.quintet.coordination;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/**
 * What an operator can set; each has an environment variable of the same name
 * (QUINTET_COORDINATION_…). Features keep their own settings in mappings of their own.
 */
@ConfigMapping(prefix = "quintet.coordination")
public interface CoordinationConfig {
  Redis redis();

  /** How Redis is used. */
  interface Redis {
    /** Put before every key. None: the keys are those of the seed. */
    Optional<String> prefix();

    /** A call that has no answer by then is given up; what it would have done may be done. */
    @WithDefault("50ms")
    Duration deadline();

    /**
     * After a call that failed, the others fail at once until a PING, sent this often, is answered.
     */
    @WithDefault("250ms")
    Duration probeEvery();

    /**
     * Braces around the user in keys of rate windows, so that a user's share a slot of a cluster.
     */
    @WithDefault("false")
    boolean hashTag();
  }
}
