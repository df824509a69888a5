package dev.quintet.common.api.autoscaler;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What differs between two versions.
 *
 * @param fromId the version that is taken as the older one
 * @param unified as {@code diff -u} writes it; empty for the same bytes
 * @param changes the values that differ, by path, at most 1000; comments and layout are none
 */
public record ConfigurationDiff(int fromId, int toId, String unified, List<ValueChange> changes) {

  /**
   * @param path such as {@code pools[web].scaling_limits.max}
   * @param from null: it was not there
   * @param to null: it is not there any more
   */
  public record ValueChange(String path, @Nullable String from, @Nullable String to) {}
}
