package dev.quintet.e2e;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.quintet.e2e.fleet.Api;
import dev.quintet.e2e.fleet.Fleet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** tracker-service as its tests call it. */
final class Tracker {
  private static final class Holder {
    private static final Fleet FLEET =
        Fleet.of("tracker-service", 3).with("QUINTET_TRACKER_UPKEEP_CLEANUP", "5s").startForAll();
  }

  private Tracker() {}

  /** Three replicas on the shared backends: started once for all tests of the tracker. */
  static Fleet fleet() {
    return Holder.FLEET;
  }

  /** With real tokens of this role, at any replica of the fleet. */
  static Api as(String role) {
    return as(fleet(), role);
  }

  static Api as(Fleet fleet, String role) {
    return fleet.api().as(role);
  }

  /** With this very token, or without any. */
  static Api withToken(@Nullable String token) {
    return fleet().api().withToken(token);
  }

  /**
   * A new cluster with the lease times of the acceptance scenarios (ttl 6 s, interval 2 s, grace 1
   * s), and its name.
   */
  static String newCluster(int totalShards, String... settings) {
    return newCluster(fleet(), totalShards, settings);
  }

  static String newCluster(Fleet fleet, int totalShards, String... settings) {
    ObjectNode body = Api.JSON.createObjectNode();
    String name = "e2e-" + UUID.randomUUID().toString().substring(0, 8);
    body.put("cluster_name", name).put("total_shards", totalShards);
    body.put("lease_ttl_ms", 6000)
        .put("heartbeat_interval_ms", 2000)
        .put("takeover_grace_ms", 1000);
    for (int i = 0; i < settings.length; i += 2) {
      try {
        body.set(settings[i], Api.JSON.readTree(settings[i + 1]));
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException(e);
      }
    }
    var answer = as(fleet, "admin").post("/clusters", body);
    if (answer.status() != 201) {
      throw new AssertionError("no cluster: " + answer.body());
    }
    return name;
  }
}
