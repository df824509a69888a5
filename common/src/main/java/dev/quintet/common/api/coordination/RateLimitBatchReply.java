package dev.quintet.common.api.coordination;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** In the order of the checks. */
public record RateLimitBatchReply(List<Result> results) {

  /** A decision, or the code of the problem that stood in its way. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Result(@Nullable RateLimitDecision decision, @Nullable String error) {}
}
