package dev.quintet.autoscaler.audit;

/** The seed's six categories; schedules and policies count as configuration. */
public enum AuditCategory {
  AUTH,
  NODE,
  POOL,
  USER,
  CONFIG,
  SYSTEM
}
