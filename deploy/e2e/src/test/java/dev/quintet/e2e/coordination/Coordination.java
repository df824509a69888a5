package dev.quintet.e2e.coordination;

import dev.quintet.e2e.fleet.Api;
import dev.quintet.e2e.fleet.Fleet;
import dev.quintet.e2e.fleet.RedisServer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** coordination-service as its tests call it: two replicas, and a Redis of their own to stop. */
final class Coordination {
  private static final class Holder {
    private static final RedisServer REDIS = RedisServer.create();
    private static final Fleet FLEET =
        Fleet.of("coordination-service", 2)
            .on(REDIS)
            // A machine that runs all of this at once may take its time to answer.
            .with("QUINTET_COORDINATION_REDIS_DEADLINE", "1s")
            .startForAll();
  }

  private Coordination() {}

  static Fleet fleet() {
    return Holder.FLEET;
  }

  /** Who stops it starts it again. */
  static RedisServer redis() {
    var unused = fleet();
    return Holder.REDIS;
  }

  /** With real tokens of this role, at any replica. */
  static Api as(String role) {
    return fleet().api().as(role);
  }

  static Api service() {
    return as("service");
  }

  /** A program's calls to this replica alone. */
  static Api serviceAt(int replica) {
    return fleet().replicas().get(replica).api().as("service");
  }

  static String unique(String what) {
    return what + "-" + UUID.randomUUID().toString().substring(0, 8);
  }

  static String encoded(String segment) {
    return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
