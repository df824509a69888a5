package dev.quintet.common.api.tracker;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * One shard in a heartbeat or a release.
 *
 * @param state connecting, ready or paused
 * @param guildCount guilds on the shard
 * @param latencyMs gateway ping; discord.js says -1 before its first ack, which is no fault
 * @param sessionId with resumeGatewayUrl, seq, gatewayVersion (10) and encoding (json, etf) all
 *     that a RESUME needs
 * @param lastEventId highest snowflake handled; acknowledges a pause
 */
public record ShardReport(
    @InvalidAs("invalid_shard_id") @Nullable Integer shardId,
    @InvalidAs("invalid_epoch") @Nullable Long epoch,
    @Nullable ReportedState state,
    @Nullable Long guildCount,
    @Nullable BigDecimal latencyMs,
    @InvalidAs("invalid_session") @Nullable String sessionId,
    @InvalidAs("invalid_session") @Nullable String resumeGatewayUrl,
    @InvalidAs("invalid_session") @Nullable Long seq,
    @InvalidAs("invalid_session") @Nullable Integer gatewayVersion,
    @Nullable String encoding,
    @Nullable String lastEventId) {

  public ShardReport {
    var violations = new Violations();
    violations.check(shardId != null, TrackerProblem.INVALID_SHARD_ID, "/shard_id", "is required");
    checkEpoch(violations, epoch, "/epoch");
    Names.checkText(violations, sessionId, 128, "/session_id");
    violations.check(
        sessionId == null || !sessionId.isEmpty(),
        TrackerProblem.INVALID_SESSION,
        "/session_id",
        "must not be empty");
    violations.check(
        resumeGatewayUrl == null
            || (resumeGatewayUrl.startsWith("wss://") && resumeGatewayUrl.length() <= 512),
        TrackerProblem.INVALID_SESSION,
        "/resume_gateway_url",
        "must begin with wss:// and have at most 512 characters");
    Names.checkText(violations, resumeGatewayUrl, 512, "/resume_gateway_url");
    violations.check(
        seq == null || seq >= 0, TrackerProblem.INVALID_SESSION, "/seq", "must not be negative");
    violations.check(
        gatewayVersion == null || (gatewayVersion >= 1 && gatewayVersion <= 1000),
        TrackerProblem.INVALID_SESSION,
        "/gateway_version",
        "must be between 1 and 1000");
    Names.checkText(violations, encoding, 16, "/encoding");
    violations.check(
        lastEventId == null || Snowflakes.parse(lastEventId).isPresent(),
        TrackerProblem.INVALID_SESSION,
        "/last_event_id",
        "must be a snowflake as decimal text");
    violations.orThrow();
  }

  static void checkEpoch(Violations violations, @Nullable Long epoch, String pointer) {
    violations.check(
        epoch != null && epoch >= 0,
        TrackerProblem.INVALID_EPOCH,
        pointer,
        "must be a whole number from 0 to 2^63-1");
  }
}
