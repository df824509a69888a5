package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * What became of a heartbeat.
 *
 * @param validForMs counts from the moment the pod sent the heartbeat
 * @param unlisted shards that the instance holds but did not list, so they were not renewed
 * @param offers shards reserved for the instance now: take them with an assignment request
 * @param directives drain, pause or serve; empty in the normal case
 */
public record HeartbeatReply(
    long validForMs,
    boolean serving,
    int totalShards,
    int generation,
    long assignmentVersion,
    List<ShardOutcome> shards,
    List<Integer> unlisted,
    List<Integer> offers,
    List<JsonNode> directives,
    List<Warning> warnings) {

  /** Something that was wrong but cost nothing. */
  public record Warning(String code, String pointer, String detail) {}
}
