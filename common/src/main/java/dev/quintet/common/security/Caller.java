package dev.quintet.common.security;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who calls, as far as our rules ask. Passed on as a parameter.
 *
 * @param subject the token's {@code sub}
 * @param name for event logs and audit
 * @param clusters the claim {@code tracker_clusters}; null: no limit
 */
public record Caller(
    String subject, String name, Set<String> roles, @Nullable Set<String> clusters) {

  public boolean has(String role) {
    return roles.contains(role);
  }

  /** A token limited to some clusters reaches no other, whatever its roles. */
  public boolean reaches(String cluster) {
    return clusters == null || clusters.contains(cluster);
  }
}
