package dev.quintet.common.startup;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProductionGuardTest {
  private static final Map<String, String> FIT =
      Map.of(
          "quarkus.datasource.username", "tracker_service",
          "quarkus.datasource.password", "a long one of their own",
          "quintet.oidc.issuer", "https://id.example.org/realms/quintet",
          "quintet.owner.username", "quintet_owner",
          "quintet.owner.password", "owner-dev");

  private static List<String> refusals(Map<String, String> changes) {
    var settings = new HashMap<>(FIT);
    settings.putAll(changes);
    return ProductionGuard.refusals(
        new SmallRyeConfigBuilder()
            .withSources(new PropertiesConfigSource(settings, "test", 100))
            .build());
  }

  @Test
  void aFitServiceMayStart() {
    assertThat(refusals(Map.of())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "quarkus.datasource.password, tracker-dev, DEVELOPMENT_SECRETS",
    "quintet.migrate-at-start, true, DEVELOPMENT_SECRETS",
    "quintet.oidc.issuer, http://id.example.org/realms/quintet, PLAIN_HTTP_ISSUER",
    "quarkus.datasource.username, quintet_owner, PRIVILEGED_DATASOURCE",
    "quarkus.datasource.username, postgres, PRIVILEGED_DATASOURCE",
  })
  void whatIsForDevelopmentIsRefusedUnlessItsSwitchIsSet(
      String name, String value, String override) {
    assertThat(refusals(Map.of(name, value)))
        .singleElement()
        .asString()
        .contains("QUINTET_ALLOW_" + override);
    String property =
        "quintet.allow." + override.toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    assertThat(refusals(Map.of(name, value, property, "true"))).isEmpty();
  }

  @Test
  void noSecretIsTold() {
    assertThat(refusals(Map.of("quarkus.datasource.password", "tracker-dev")))
        .noneMatch(text -> text.contains("tracker-dev"));
  }
}
