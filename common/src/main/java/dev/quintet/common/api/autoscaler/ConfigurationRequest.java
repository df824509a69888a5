package dev.quintet.common.api.autoscaler;

import dev.quintet.common.problem.Violations;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A new configuration of a node. Nothing of the text is changed: its bytes are what is stored and
 * hashed.
 *
 * @param yamlConfig YAML, at most 256 KiB of UTF-8
 * @param note why, at most 500 characters
 */
public record ConfigurationRequest(@Nullable String yamlConfig, @Nullable String note) {
  private static final int NOTE = 500;

  public ConfigurationRequest {
    note = Texts.trimmed(note);
    var violations = new Violations();
    violations.required(yamlConfig, "/yaml_config");
    Texts.prose(violations, note, NOTE, "/note");
    violations.orThrow();
  }

  public String yamlConfig() {
    return Objects.requireNonNull(yamlConfig);
  }
}
