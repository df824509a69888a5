package dev.quintet.tracker.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One process of one pod, as tracker-service speaks for it: what it was told, it believes. */
public record Bot(
    Session sql, String cluster, String id, UUID incarnation, @Nullable String podUid) {
  private static final String ACQUIRE =
      """
      SELECT tracker.acquire_shards(?, ?, ?, ?, ?, p_min => ?, p_max_shards => ?, p_standby => ?,
        p_meta => jsonb_build_object('hostname', 'host-of-' || ?::text, 'node_name', 'node-1'), p_actor => 'test')
      """;
  private static final String RENEW =
      """
      SELECT shard_id, found, outcome, reason, epoch, seq_kept, unlisted, offers
        FROM tracker.renew_leases(ARRAY[?], ARRAY[?], ARRAY[?::uuid], '{512}', '{3}',
          array_fill(1, ARRAY[cardinality(?::int[])]), ?::int[], ?::bigint[], ?::text[], '{}', '{}', ?::text[], '{}', ?::bigint[], '{}', '{}', '{}')
      """;
  private static final String RELEASE =
      """
      SELECT tracker.release_leases(?, ?, ?, ?::int[], ?::bigint[], ?::text[], '{}', ?::bigint[], '{}', '{}', '{}',
        p_reason => ?, p_prefer => ?, p_actor => 'test')
      """;

  public static Bot of(Session sql, String cluster, String id) {
    return new Bot(sql, cluster, id, UUID.randomUUID(), null);
  }

  /** In a pod that the kubelet knows by this id. */
  public Bot inPod(String uid) {
    return new Bot(sql, cluster, id, incarnation, uid);
  }

  /** The next process of the same name. */
  public Bot restarted() {
    return new Bot(sql, cluster, id, UUID.randomUUID(), podUid);
  }

  /** The same process by another connection. */
  public Bot by(Session other) {
    return new Bot(other, cluster, id, incarnation, podUid);
  }

  public JsonNode acquire(int want) {
    return acquire(want, 1, want, false);
  }

  public JsonNode queue(int want) {
    return acquire(want, 1, want, true);
  }

  public JsonNode acquire(int want, int min, int most, boolean standby) {
    return sql.json(ACQUIRE, cluster, id, incarnation, podUid, want, min, most, standby, id);
  }

  public JsonNode poll() {
    return sql.json("SELECT tracker.poll_instance(?, ?, ?)", cluster, id, incarnation);
  }

  /** Shard to 'renewed' or to why it is lost. */
  public SortedMap<Integer, String> renew(Map<Integer, Long> grants) {
    return renew(grants, "ready", null, null);
  }

  public SortedMap<Integer, String> renew(
      Map<Integer, Long> grants, String state, @Nullable String session, @Nullable Long seq) {
    var outcomes = new TreeMap<Integer, String>();
    for (var row :
        sql.rows(
            RENEW,
            cluster,
            id,
            incarnation,
            array(grants.keySet()),
            array(grants.keySet()),
            array(grants.values()),
            same(grants, state),
            same(grants, session),
            same(grants, seq))) {
      if (row.get("shard_id") instanceof Integer shard) {
        outcomes.put(
            shard,
            "renewed".equals(row.get("outcome")) ? "renewed" : String.valueOf(row.get("reason")));
      }
    }
    return outcomes;
  }

  /** A beat without shards, as standbys send it: what it found. */
  public String beat() {
    return String.valueOf(
        sql.rows(RENEW, cluster, id, incarnation, "{}", "{}", "{}", "{}", "{}", "{}")
            .getFirst()
            .get("found"));
  }

  public SortedMap<Integer, String> release(Map<Integer, Long> grants) {
    return release(grants, null, null, null);
  }

  public SortedMap<Integer, String> release(
      Map<Integer, Long> grants,
      @Nullable String session,
      @Nullable Long seq,
      @Nullable String prefer) {
    JsonNode reply =
        sql.json(
            RELEASE,
            cluster,
            id,
            incarnation,
            array(grants.keySet()),
            array(grants.values()),
            same(grants, session),
            same(grants, seq),
            "test",
            prefer);
    var outcomes = new TreeMap<Integer, String>();
    for (JsonNode shard : reply.get("shards")) {
      outcomes.put(
          shard.get("shard_id").asInt(),
          shard.path("reason").asText(shard.get("outcome").asText()));
    }
    return outcomes;
  }

  public JsonNode identify(int shard, long epoch, int attempt, int maxWaitMs) {
    return sql.json(
        "SELECT tracker.request_identify(?, ?, ?, ?, ?)",
        cluster,
        shard,
        epoch,
        attempt,
        maxWaitMs);
  }

  /** Shard to epoch, as a reply of acquire or poll tells it. */
  public static SortedMap<Integer, Long> grants(JsonNode reply) {
    var grants = new TreeMap<Integer, Long>();
    for (JsonNode shard : reply.path("shards")) {
      grants.put(shard.get("shard_id").asInt(), shard.get("epoch").asLong());
    }
    return grants;
  }

  private static String array(Iterable<?> values) {
    var text = new StringBuilder("{");
    for (Object value : values) {
      text.append(text.length() > 1 ? "," : "").append(value);
    }
    return text.append('}').toString();
  }

  private static String same(Map<Integer, Long> grants, @Nullable Object value) {
    return grants.keySet().stream()
        .map(shard -> value == null ? "NULL" : value.toString())
        .collect(Collectors.joining(",", "{", "}"));
  }
}
