package dev.quintet.common.problem;

import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SmallRyeConfigBuilderCustomizer;

/**
 * Takes the check that an address is a URI over from Quarkus, which answers a bad one with 400 and
 * no document, before any route of ours; {@link ProblemRoutes} makes the same check with one.
 *
 * <p>Quarkus knows no setting for it, only a system property that it reads as the HTTP layer's
 * class is loaded. Configuration is what is built before that, under test and in a native image
 * too.
 */
public final class AddressChecks implements SmallRyeConfigBuilderCustomizer {
  @Override
  public void configBuilder(SmallRyeConfigBuilder builder) {
    System.setProperty("vertx.disableURIValidation", "true");
  }
}
