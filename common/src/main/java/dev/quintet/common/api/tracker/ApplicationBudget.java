package dev.quintet.common.api.tracker;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is left of an application's daily identifies.
 *
 * @param available what pods may still spend: remaining without the reserve
 * @param reportedAt when a bot last told Discord's own numbers; without it they are our assumption
 * @param longestWaitMs how far ahead the fullest bucket is booked
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ApplicationBudget(
    String applicationId,
    List<String> clusters,
    int maxConcurrency,
    int total,
    int remaining,
    int reserve,
    int available,
    Instant resetAt,
    long resetInMs,
    @Nullable Instant reportedAt,
    @Nullable Integer reportedShards,
    int grantedLastHour,
    int grantedLastDay,
    long longestWaitMs) {}
