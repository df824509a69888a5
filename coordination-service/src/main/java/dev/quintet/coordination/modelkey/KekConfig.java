package dev.quintet.coordination.modelkey;

import io.smallrye.config.ConfigMapping;
import java.util.Map;
import java.util.Optional;

/** Key-encryption keys, from a secret store. Without any, keys of models are out of reach. */
@ConfigMapping(prefix = "quintet.coordination.keks")
public interface KekConfig {
  /** By id (letters, digits, '_' and '-'): 32 bytes in Base64. */
  Map<String, String> keys();

  /** The id of the one that new keys are sealed with; may be left out where there is only one. */
  Optional<String> active();
}
