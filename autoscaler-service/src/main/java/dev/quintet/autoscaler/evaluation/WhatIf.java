package dev.quintet.autoscaler.evaluation;

import dev.quintet.common.api.autoscaler.PolicyRequest;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a question assumes instead of what is so.
 *
 * @param metrics values by metric type, as if measured just now
 * @param policies instead of the pool's; null: the pool's enabled ones
 */
record WhatIf(
    Map<String, BigDecimal> metrics,
    @Nullable List<PolicyRequest> policies,
    @Nullable Integer min,
    @Nullable Integer max) {
  static final WhatIf NOTHING = new WhatIf(Map.of(), null, null, null);
}
