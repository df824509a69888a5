package dev.quintet.coordination.notice;

import dev.quintet.common.wakeup.Subjects;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;

/**
 * The subjects that can be waited for: {@link #lock}, {@link #lease} and {@link #INVALIDATIONS}.
 * Payloads are small JSON objects of our own functions; anybody with the right to NOTIFY can send
 * others, which wake nobody.
 */
@ApplicationScoped
public class Notices implements Subjects {
  /** Something waits in cache_invalidation_outbox. */
  public static final String INVALIDATIONS = "invalidations";

  private static final String LOCK_EVENTS = "lock_events";
  private static final String CACHE_INVALIDATION = "cache_invalidation";

  /** Anything happened to a lock. */
  public static String lock(String lockKey) {
    return "lock " + lockKey;
  }

  /** The one long poll that waits for this lease has been granted it. */
  public static String lease(String leaseId) {
    return "lease " + leaseId;
  }

  @Override
  public List<String> of(String channel, String payload) {
    return switch (channel) {
      case LOCK_EVENTS -> lockEvent(payload);
      case CACHE_INVALIDATION -> List.of(INVALIDATIONS);
      default -> List.of();
    };
  }

  private static List<String> lockEvent(String payload) {
    try {
      var event = new JsonObject(payload);
      var subjects = new ArrayList<String>(2);
      if (event.getValue("lock_key") instanceof String key) {
        subjects.add(lock(key));
      }
      if (event.getValue("lease_id") instanceof String lease) {
        subjects.add(lease(lease));
      }
      return subjects;
    } catch (DecodeException e) {
      return List.of();
    }
  }
}
