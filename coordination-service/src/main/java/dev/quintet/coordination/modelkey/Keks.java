package dev.quintet.coordination.modelkey;

import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jboss.logging.Logger;

/** The key-encryption keys of this installation, checked at start. */
@ApplicationScoped
class Keks {
  private static final Logger LOG = Logger.getLogger(Keks.class);
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  private static final int BYTES = 32;

  private final Map<String, Kek> keks = new HashMap<>();
  private final Optional<Kek> active;

  /** One of them; its text says nothing of the key. */
  record Kek(String id, SecretKey key) {
    @Override
    public String toString() {
      return "Kek[" + id + "]";
    }
  }

  Keks(KekConfig config) {
    config.keys().forEach((id, text) -> keks.put(id, new Kek(id, key(id, text))));
    active =
        config
            .active()
            .map(id ->
                find(id)
                    .orElseThrow(() ->
                        new IllegalStateException(
                            "the active key-encryption key is not there: " + id)))
            .or(() ->
                keks.size() == 1 ? Optional.of(keks.values().iterator().next()) : Optional.empty());
    if (active.isEmpty() && !keks.isEmpty()) {
      throw new IllegalStateException(
          "of several key-encryption keys quintet.coordination.keks.active must name one");
    }
  }

  void start(@Observes StartupEvent event) {
    if (keks.isEmpty()) {
      LOG.warn("event=no_kek effect=\"keys of models answer 503 kek_unavailable\"");
    }
  }

  /** What new envelopes are sealed with; empty: there is none. */
  Optional<Kek> active() {
    return active;
  }

  Optional<Kek> find(String id) {
    return Optional.ofNullable(keks.get(id));
  }

  private static SecretKey key(String id, String text) {
    if (!ID.matcher(id).matches()) {
      throw new IllegalStateException("the id of a key-encryption key is letters, digits, _ and -");
    }
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(text.strip());
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException("key-encryption key " + id + " is not Base64");
    }
    if (bytes.length != BYTES) {
      throw new IllegalStateException("key-encryption key " + id + " is not 32 bytes");
    }
    return new SecretKeySpec(bytes, "AES");
  }
}
