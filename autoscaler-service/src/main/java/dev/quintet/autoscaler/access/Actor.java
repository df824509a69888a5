package dev.quintet.autoscaler.access;

import org.jspecify.annotations.Nullable;

/**
 * Who does something, as the audit trail keeps it.
 *
 * @param userId a row of users; null for machines and nodes
 * @param email of a person, or the name of the client or node
 * @param role USER, DEVOPS, ADMIN, SERVICE, NODE, SYSTEM, or NONE where nobody was let in
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
    String requestId) {

  /** A row that is about to vanish cannot be referred to; the email stays. */
  public Actor withoutRow() {
    return new Actor(null, email, role, ipAddress, userAgent, requestId);
  }

  /** The same request, now that it is known whose it is. */
  public Actor as(int id, String knownEmail, String knownRole) {
    return new Actor(id, knownEmail, knownRole, ipAddress, userAgent, requestId);
  }

  /** The service itself, while it serves this actor's request. */
  public Actor system() {
    return new Actor(null, "system", "SYSTEM", null, null, requestId);
  }
}
