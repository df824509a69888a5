package dev.quintet.common.api.autoscaler;

import dev.quintet.common.problem.Violations;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A configuration to be looked at only.
 *
 * @param yamlConfig YAML, at most 256 KiB of UTF-8
 */
public record ConfigurationText(@Nullable String yamlConfig) {
  public ConfigurationText {
    var violations = new Violations();
    violations.required(yamlConfig, "/yaml_config");
    violations.orThrow();
  }

  public String yamlConfig() {
    return Objects.requireNonNull(yamlConfig);
  }
}
