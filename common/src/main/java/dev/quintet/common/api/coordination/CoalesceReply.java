package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What a caller is to do, and what there is.
 *
 * @param promiseId of whoever computes; to be followed, or completed by the leader. Another one
 *     than was asked for: a new leader took over, maybe this very caller. Null: nobody computes for
 *     all
 * @param leaseRemainingMs how long the leader is believed from now without a heartbeat
 * @param promoted the caller leads from now on, as the leader before it fell silent or failed
 * @param result the value, as the leader gave it
 * @param error the leader's error, as it gave it
 * @param degraded Redis could not be asked
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CoalesceReply(
    CoalesceRole role,
    @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable String promiseId,
    CoalesceStatus status,
    @Nullable Long leaseRemainingMs,
    @Nullable Boolean promoted,
    @JsonRawValue @Schema(implementation = Object.class) @Nullable String result,
    @JsonRawValue @Schema(implementation = Object.class) @Nullable String error,
    @Nullable Boolean degraded) {}
