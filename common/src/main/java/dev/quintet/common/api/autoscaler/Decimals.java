package dev.quintet.common.api.autoscaler;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** One way to write a number: what was sent as 60, 60.0 or 6e1 is the same setting. */
public final class Decimals {
  private Decimals() {}

  /** Without trailing zeros and without an exponent: 60, 66.1. */
  public static BigDecimal tidy(BigDecimal number) {
    BigDecimal stripped = number.stripTrailingZeros();
    return stripped.scale() < 0 ? stripped.setScale(0, RoundingMode.UNNECESSARY) : stripped;
  }

  /** As a measurement, which has a decimal: 60.0, 66.1. */
  public static BigDecimal measured(BigDecimal number) {
    BigDecimal tidy = tidy(number);
    return tidy.scale() == 0 ? tidy.setScale(1, RoundingMode.UNNECESSARY) : tidy;
  }
}
