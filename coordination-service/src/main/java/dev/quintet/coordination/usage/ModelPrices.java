package dev.quintet.coordination.usage;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithParentName;
import java.math.BigDecimal;
import java.util.Map;

/** What models cost, by name, for calls that are reported without a cost. */
@ConfigMapping(prefix = "quintet.coordination.model-prices")
public interface ModelPrices {
  @WithParentName
  Map<String, Price> models();

  /** USD for a million tokens. */
  interface Price {
    BigDecimal inputPerMillion();

    BigDecimal outputPerMillion();
  }
}
