package dev.quintet.e2e.coordination;

import dev.quintet.e2e.fleet.Answer;
import dev.quintet.e2e.fleet.Api;
import java.util.Map;
import java.util.UUID;

/** One lease of one key, as a client has it: taken and given back under a name of its choice. */
record Lock(String key, UUID lease, String holder) {
  static Lock of(String key, String holder) {
    return new Lock(key, UUID.randomUUID(), holder);
  }

  Answer take(Api api, long ttlMs, long waitMs) {
    return api.post(
        "/locks",
        Map.of(
            "lock_key",
            key,
            "holder",
            holder,
            "lease_id",
            lease,
            "ttl_ms",
            ttlMs,
            "wait_ms",
            waitMs));
  }

  Answer extend(Api api, long ttlMs) {
    return api.send("PUT", path(), Map.of("lease_id", lease, "ttl_ms", ttlMs));
  }

  Answer giveBack(Api api) {
    return api.send("DELETE", path() + "?lease_id=" + lease, null);
  }

  private String path() {
    return "/locks/" + Coordination.encoded(key) + "/lease";
  }

  static long token(Answer granted) {
    return granted.body().path("fencing_token").asLong();
  }
}
