package dev.quintet.autoscaler.audit;

import dev.quintet.common.idempotency.Idempotency.Effect;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a change did: the answer to its caller, and what the audit row tells.
 *
 * <pre>{@code
 * Change.of(Effect.of(200, now)).on(now.id(), now.name()).from(before).to(now).with("auto_created", true)
 * }</pre>
 *
 * @param happened false: nothing changed, and nothing is written
 * @param before what it was, as the API shows it; null for something new
 * @param after what it is now; null for something gone
 * @param more further members of details
 */
public record Change(
    Effect effect,
    boolean happened,
    @Nullable String resourceId,
    @Nullable String resourceName,
    @Nullable String description,
    @Nullable Object before,
    @Nullable Object after,
    Map<String, Object> more) {

  public static Change of(Effect effect) {
    return new Change(effect, true, null, null, null, null, null, Map.of());
  }

  /** The request asked for what is so already. */
  public static Change none(Effect effect) {
    return new Change(effect, false, null, null, null, null, null, Map.of());
  }

  public Change on(Object id, @Nullable String name) {
    return new Change(effect, happened, id.toString(), name, description, before, after, more);
  }

  public Change described(String text) {
    return new Change(effect, happened, resourceId, resourceName, text, before, after, more);
  }

  public Change from(Object was) {
    return new Change(effect, happened, resourceId, resourceName, description, was, after, more);
  }

  public Change to(Object is) {
    return new Change(effect, happened, resourceId, resourceName, description, before, is, more);
  }

  public Change with(String name, Object value) {
    var all = new LinkedHashMap<>(more);
    all.put(name, value);
    return new Change(
        effect, happened, resourceId, resourceName, description, before, after, Map.copyOf(all));
  }
}
