package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An instance's place in its cluster: the shards it holds, or its place in the queue.
 *
 * @param validForMs counts from the moment the pod sent the request, on its own monotonic clock;
 *     after it the pod must not act
 * @param serving false while its generation is the next one: fill caches, do not act
 * @param granted shards that this call granted
 * @param shortBy shards still missing to what the instance wants
 * @param strategy existing_assignment, first_assignment, available_slot or none_available
 * @param position place in the queue, from 1; standby only
 * @param offers shards reserved for the instance now: take them with another assignment request
 * @param directives what the pod is asked to do (drain, pause, serve)
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Assignment(
    String clusterName,
    String instanceId,
    UUID incarnation,
    String state,
    int generation,
    int totalShards,
    boolean serving,
    int maxConcurrency,
    long assignmentVersion,
    String fencingMode,
    long heartbeatIntervalMs,
    long validForMs,
    boolean standby,
    int granted,
    int shortBy,
    String strategy,
    List<HeldShard> shards,
    List<Integer> offers,
    List<JsonNode> directives,
    @Nullable Integer position,
    @Nullable Instant queuedAt,
    @Nullable Integer takenShards,
    @Nullable Integer live,
    @Nullable Integer draining,
    @Nullable Long earliestExpiryInMs) {

  /** The same, for a pod that has waited this long for the reply since it sent the request. */
  public Assignment waited(long ms) {
    return validFor(validForMs + ms);
  }

  /**
   * The same, for a pod that sent no request whose time could count: it confirms by a heartbeat
   * before it acts.
   */
  public Assignment unconfirmed() {
    return validFor(0);
  }

  private Assignment validFor(long ms) {
    return new Assignment(
        clusterName,
        instanceId,
        incarnation,
        state,
        generation,
        totalShards,
        serving,
        maxConcurrency,
        assignmentVersion,
        fencingMode,
        heartbeatIntervalMs,
        ms,
        standby,
        granted,
        shortBy,
        strategy,
        shards,
        offers,
        directives,
        position,
        queuedAt,
        takenShards,
        live,
        draining,
        earliestExpiryInMs);
  }
}
