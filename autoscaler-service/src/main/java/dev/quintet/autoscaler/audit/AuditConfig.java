package dev.quintet.autoscaler.audit;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** How the audit trail is kept. */
@ConfigMapping(prefix = "quintet.autoscaler.audit")
interface AuditConfig {
  /** How often new rows are sealed, as the scheduler reads it: 1m, or off. */
  @WithDefault("1m")
  String sealEvery();
}
