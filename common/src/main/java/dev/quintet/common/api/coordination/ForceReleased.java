package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was taken away.
 *
 * @param released false: nobody had it
 * @param previousHolder of the newest lease, as its token is
 * @param ended all leases that ended, the oldest first: several where they were shared
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ForceReleased(
    boolean released,
    @Nullable String previousHolder,
    @Nullable Long fencingToken,
    List<Ended> ended) {

  /** One lease. */
  public record Ended(String previousHolder, long fencingToken) {}

  /** {@code ended}: the oldest first. */
  public static ForceReleased of(List<Ended> ended) {
    return ended.isEmpty()
        ? new ForceReleased(false, null, null, List.of())
        : new ForceReleased(
            true,
            ended.getLast().previousHolder(),
            ended.getLast().fencingToken(),
            List.copyOf(ended));
  }
}
