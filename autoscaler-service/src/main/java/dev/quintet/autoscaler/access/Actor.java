package dev.quintet.autoscaler.access;

import org.jspecify.annotations.Nullable;

/**
 * Who does something, as the audit trail keeps it.
 *
 * @param userId a row of users; null for machines and nodes
 * @param email of a person, or the name of the client or node
 * @param role USER, DEVOPS, ADMIN, SERVICE or NODE
 * @param ipAddress as the trusted proxies tell it, at most 45 characters
 * @param userAgent at most 512 characters
 * @param requestId the trace id, which the answer's problem document names too
 */
public record Actor(
    @Nullable Integer userId,
    String email,
    String role,
    @Nullable String ipAddress,
    @Nullable String userAgent,
    String requestId) {}
