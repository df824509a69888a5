package dev.quintet.autoscaler.audit;

import static dev.quintet.autoscaler.audit.AuditCategory.AUTH;
import static dev.quintet.autoscaler.audit.AuditCategory.CONFIG;
import static dev.quintet.autoscaler.audit.AuditCategory.NODE;
import static dev.quintet.autoscaler.audit.AuditCategory.POOL;
import static dev.quintet.autoscaler.audit.AuditCategory.SYSTEM;
import static dev.quintet.autoscaler.audit.AuditCategory.USER;

/** What can stand in audit_logs.action, with its category and the kind of thing it is done to. */
public enum AuditAction {
  LOGIN_SUCCESS(AUTH, "user"),
  LOGIN_FAILED(AUTH, "user"),
  LOGOUT(AUTH, "user"),
  KEYCLOAK_LOGIN(AUTH, "user"),

  USER_CREATED(USER, "user"),
  USER_UPDATED(USER, "user"),
  USER_DELETED(USER, "user"),
  USER_ROLE_CHANGED(USER, "user"),
  USER_LINKED(USER, "user"),
  PROFILE_UPDATED(USER, "user"),
  PASSWORD_CHANGED(USER, "user"),

  NODE_REGISTERED(NODE, "node"),
  NODE_CREATED(NODE, "node"),
  NODE_UPDATED(NODE, "node"),
  NODE_DECOMMISSIONED(NODE, "node"),
  NODE_DELETED(NODE, "node"),
  NODE_WENT_OFFLINE(NODE, "node"),
  NODE_CAME_ONLINE(NODE, "node"),
  NODE_KEY_ISSUED(NODE, "node"),
  NODE_KEY_ROTATED(NODE, "node"),
  NODE_KEY_REVOKED(NODE, "node"),
  ENROLLMENT_TOKEN_CREATED(NODE, "enrollment_token"),
  ENROLLMENT_TOKEN_REVOKED(NODE, "enrollment_token"),

  CONFIG_UPDATED(CONFIG, "configuration"),
  CONFIG_ROLLED_BACK(CONFIG, "configuration"),
  CONFIG_VIEWED(CONFIG, "configuration"),
  SCHEDULE_CREATED(CONFIG, "schedule"),
  SCHEDULE_UPDATED(CONFIG, "schedule"),
  SCHEDULE_DELETED(CONFIG, "schedule"),
  POLICY_CREATED(CONFIG, "policy"),
  POLICY_UPDATED(CONFIG, "policy"),
  POLICY_DELETED(CONFIG, "policy"),
  POLICY_ENABLED(CONFIG, "policy"),
  POLICY_DISABLED(CONFIG, "policy"),
  POLICY_DRY_RUN_CHANGED(CONFIG, "policy"),
  BEHAVIOR_UPDATED(CONFIG, "pool"),

  POOL_CREATED(POOL, "pool"),
  POOL_UPDATED(POOL, "pool"),
  POOL_MOVED(POOL, "pool"),
  POOL_LIMITS_CHANGED(POOL, "pool"),
  POOL_CONTROL_MODE_CHANGED(POOL, "pool"),
  POOL_DELETED(POOL, "pool"),
  OVERRIDE_SET(POOL, "pool"),
  OVERRIDE_CLEARED(POOL, "pool"),
  SCALING_EVENT(POOL, "pool"),
  BACKTEST_CREATED(POOL, "backtest"),
  BACKTEST_DELETED(POOL, "backtest"),

  AUDIT_EXPORTED(SYSTEM, "audit_logs"),
  SYSTEM_ERROR(SYSTEM, "system");

  private final AuditCategory category;
  private final String resourceType;

  AuditAction(AuditCategory category, String resourceType) {
    this.category = category;
    this.resourceType = resourceType;
  }

  public AuditCategory category() {
    return category;
  }

  public String resourceType() {
    return resourceType;
  }
}
