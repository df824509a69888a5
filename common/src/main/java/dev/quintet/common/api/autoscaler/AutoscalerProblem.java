package dev.quintet.common.api.autoscaler;

import dev.quintet.common.problem.ProblemType;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What autoscaler-service refuses, and how. The code is the constant's name in lower case. */
public enum AutoscalerProblem implements ProblemType {
  TWO_CREDENTIALS(400, "Send either an access token or a key, not both"),

  BAD_CREDENTIALS(401, "The email or the password is wrong"),
  KEY_UNKNOWN(401, "No node has this key"),
  KEY_REVOKED(401, "The key was revoked"),
  KEY_EXPIRED(401, "The key was rotated and its grace is over"),
  ENROLLMENT_INVALID(401, "The enrolment token is not valid"),

  USER_INACTIVE(403, "The account is not active"),
  NODE_MISMATCH(403, "The key belongs to another node"),
  PUSH_NOT_ALLOWED(403, "This node may not replace its own configuration"),
  POOL_OF_ANOTHER_NODE(403, "The pool belongs to another node"),

  UNKNOWN_USER(404, "There is no such user"),
  UNKNOWN_NODE(404, "There is no such node"),
  UNKNOWN_POOL(404, "There is no such pool"),
  UNKNOWN_SCHEDULE(404, "There is no such schedule"),
  UNKNOWN_POLICY(404, "There is no such policy"),
  UNKNOWN_DECISION(404, "There is no such decision"),
  UNKNOWN_BACKTEST(404, "There is no such back-test"),
  UNKNOWN_CONFIG(404, "The node has no such configuration"),
  UNKNOWN_ENROLLMENT_TOKEN(404, "There is no such enrolment token"),
  UNKNOWN_AUDIT_LOG(404, "There is no such audit row"),
  NO_ACTIVE_CONFIG(404, "The node has no active configuration"),
  NO_OVERRIDE(404, "The pool has no override"),
  LOCAL_LOGIN_OFF(404, "Local logins are switched off"),

  ACCOUNT_LINK_REQUIRED(409, "Another account has this email; an administrator must link the two"),
  EMAIL_TAKEN(409, "Another account has this email"),
  KEYCLOAK_USER_TAKEN(409, "Another account is linked to this Keycloak user"),
  EMAIL_NOT_VERIFIED(409, "Keycloak has not verified the email"),
  LAST_ADMIN(409, "One active administrator must remain"),
  NOT_LOCAL_USER(409, "Only a local account allows this"),
  DECOMMISSIONED(409, "The node is decommissioned"),
  ORACLE_POOL_ID_TAKEN(409, "Another pool has this oracle_pool_id"),
  POLICY_NAME_TAKEN(409, "The pool has a policy of this name"),
  NOTHING_TO_MANAGE(409, "A managed pool needs an enabled policy or an active schedule"),
  BACKTEST_REQUIRED(409, "The policy has no back-test of the last 7 days"),
  NO_DATA(409, "There is no recorded data in the window"),

  ENROLLMENT_USED_UP(410, "The enrolment token was used as often as it may be"),

  CONFIRM_MISMATCH(412, "The confirmation is not the node's name"),

  CONFIG_TOO_LARGE(413, "The configuration is too large"),
  BATCH_TOO_LARGE(413, "The batch is too large"),

  INVALID_ROLE(422, "The role is not one of USER, DEVOPS, ADMIN"),
  INVALID_EMAIL(422, "The email is not acceptable"),
  INVALID_PASSWORD(422, "The password is not acceptable"),
  INVALID_NAME(422, "The name is not acceptable"),
  INVALID_IP(422, "The address is neither IPv4 nor IPv6"),
  INVALID_STATUS(422, "The status is not acceptable"),
  LIMITS_INVALID(422, "The limits are not acceptable"),
  COUNT_INVALID(422, "The number of instances is not acceptable"),
  PERCENT_INVALID(422, "A utilisation is a percentage from 0 to 100"),
  DUPLICATE_POOL(422, "A pool stands twice in the heartbeat"),
  SCHEDULE_INVALID(422, "The schedule is not acceptable"),
  TIMEZONE_UNKNOWN(422, "The time zone is not an IANA name"),
  OVERRIDE_INVALID(422, "The override is not acceptable"),
  POLICY_INVALID(422, "The policy is not acceptable"),
  BEHAVIOR_INVALID(422, "The behaviour is not acceptable"),
  BACKTEST_INVALID(422, "The back-test is not acceptable"),
  YAML_INVALID(422, "The configuration is not acceptable"),
  VALUE_NOT_FINITE(422, "A value is not a finite number"),
  TIMESTAMP_OUT_OF_RANGE(422, "A time is too far away"),
  INVALID_WINDOW(422, "The window of time is not acceptable"),
  TOO_MANY_POINTS(422, "The query would give too many points"),

  TOO_MANY_LOGINS(429, "Too many failed logins"),
  TOO_MANY_HEARTBEATS(429, "The node sends heartbeats too often"),

  NO_ANALYTICS_YET(503, "No figures have been computed yet");

  private final int status;
  private final String title;

  AutoscalerProblem(int status, String title) {
    this.status = status;
    this.title = title;
  }

  @Override
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public int status() {
    return status;
  }

  @Override
  public String title() {
    return title;
  }

  /** The problem that a function of the database named in its error. */
  public static Optional<AutoscalerProblem> ofCode(String code) {
    return Arrays.stream(values()).filter(problem -> problem.code().equals(code)).findFirst();
  }
}
