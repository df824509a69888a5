package dev.quintet.coordination.job;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Map;

/** When jobs run, and for how long. */
@ConfigMapping(prefix = "quintet.coordination.jobs")
public interface JobsConfig {
  /**
   * By the job's name, in place of its own schedule: a duration such as {@code 30s}, a cron
   * expression in UTC of five fields, or of six with seconds first, or {@code off}.
   */
  Map<String, String> schedules();

  /** A run that takes longer is given up, and its turn is free again. */
  @WithDefault("2m")
  Duration longest();

  /** How long the record of a run is kept. */
  @WithDefault("30d")
  Duration keepRuns();
}
