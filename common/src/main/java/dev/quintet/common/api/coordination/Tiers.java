package dev.quintet.common.api.coordination;

import java.util.List;

/** What a user has subscribed to, in rising order. */
public final class Tiers {
  public static final String FREE = "free";
  public static final String BASIC = "basic";
  public static final List<String> ALL = List.of(FREE, BASIC, "pro", "premium");

  private Tiers() {}
}
