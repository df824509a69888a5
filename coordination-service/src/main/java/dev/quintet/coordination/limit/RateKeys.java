package dev.quintet.coordination.limit;

import dev.quintet.common.api.coordination.RateAlgorithm;
import dev.quintet.common.api.coordination.RateWindow;
import dev.quintet.coordination.CoordinationConfig;
import dev.quintet.coordination.redis.RedisStore;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Names of keys: {@code rl:{model}:{user}:{window}} as the seed has it for a log, with the
 * algorithm behind it for the others, so that one pattern finds all of a user's. None of the parts
 * holds a colon or a star.
 */
@ApplicationScoped
class RateKeys {
  private final RedisStore redis;
  private final boolean hashTag;

  RateKeys(RedisStore redis, CoordinationConfig config) {
    this.redis = redis;
    this.hashTag = config.redis().hashTag();
  }

  /** True where the keys of a user share a slot, and those of nobody else's do. */
  boolean hashTag() {
    return hashTag;
  }

  String window(String model, String user, RateWindow window) {
    String key = subject(model, user) + ":" + window.window();
    return redis.key(
        window.effective() == RateAlgorithm.LOG ? key : key + ":" + window.effective().json());
  }

  /** What a request was charged. */
  String request(String model, String user, String requestId) {
    return redis.key(subject(model, user) + ":request:" + requestId);
  }

  /** Where a request is found by its id alone. */
  String found(String requestId) {
    return redis.key("rl:request:" + requestId);
  }

  /** The request, then the windows in their order, then where it is found, if that may be asked. */
  List<String> of(String model, String user, @Nullable String requestId, List<RateWindow> windows) {
    var keys = new ArrayList<String>(windows.size() + 2);
    keys.add(request(model, user, requestId == null ? "" : requestId));
    windows.forEach(window -> keys.add(window(model, user, window)));
    if (requestId != null && !hashTag) {
      keys.add(found(requestId));
    }
    return keys;
  }

  /** A pattern for SCAN. */
  String all(String model, String user) {
    return redis.key("").replaceAll("([\\\\*?\\[\\]])", "\\\\$1") + subject(model, user) + ":*";
  }

  String subject(String model, String user) {
    return "rl:" + model + ":" + (hashTag ? "{" + user + "}" : user);
  }
}
