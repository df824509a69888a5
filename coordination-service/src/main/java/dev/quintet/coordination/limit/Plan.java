package dev.quintet.coordination.limit;

import dev.quintet.common.api.coordination.FailMode;
import dev.quintet.common.api.coordination.RateAlgorithm;
import dev.quintet.common.api.coordination.RateLimitPolicy;
import dev.quintet.common.api.coordination.RateWindow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The windows that decide about one check, and what happens where they cannot be asked. */
record Plan(String policy, List<RateWindow> windows, FailMode failMode, boolean shadow) {
  static final String INLINE = "inline";

  static Plan of(RateLimitPolicy policy) {
    return new Plan(policy.name(), policy.windows(), policy.failMode(), policy.shadow());
  }

  /** Of windows that came with the check. */
  static Plan inline(List<@Nullable RateWindow> windows) {
    return new Plan(
        INLINE, windows.stream().map(Objects::requireNonNull).toList(), FailMode.LOCAL, false);
  }

  long longestMillis() {
    return windows.stream().mapToLong(RateWindow::millis).max().orElse(0);
  }

  /** Kept with a charged request, whose windows stay these even when the policy changes. */
  String text() {
    return policy
        + "\n"
        + windows.stream()
            .map(w ->
                String.join(
                    ",",
                    Objects.requireNonNull(w.window()),
                    String.valueOf(w.seconds()),
                    String.valueOf(w.limit()),
                    w.effective().json(),
                    w.burst() == null ? "" : w.burst().toString(),
                    String.valueOf(Boolean.TRUE.equals(w.strict())),
                    w.buckets() == null ? "" : w.buckets().toString()))
            .collect(Collectors.joining(";"));
  }

  /** Reads {@link #text}; whoever settles is past the fail mode. */
  static Plan read(String text) {
    int line = text.indexOf('\n');
    var windows = new ArrayList<RateWindow>();
    for (String window : text.substring(line + 1).split(";", -1)) {
      var parts = Arrays.asList(window.split(",", -1));
      var algorithm = RateAlgorithm.of(parts.get(3));
      windows.add(
          new RateWindow(
              parts.get(0),
              Integer.valueOf(parts.get(1)),
              Integer.valueOf(parts.get(2)),
              algorithm,
              number(parts.get(4)),
              algorithm == RateAlgorithm.GCRA ? Boolean.valueOf(parts.get(5)) : null,
              number(parts.get(6))));
    }
    return new Plan(text.substring(0, line), windows, FailMode.CLOSED, false);
  }

  private static @Nullable Integer number(String text) {
    return text.isEmpty() ? null : Integer.valueOf(text);
  }
}
