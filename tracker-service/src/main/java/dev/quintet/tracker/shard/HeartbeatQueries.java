package dev.quintet.tracker.shard;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.api.tracker.HeartbeatReply;
import dev.quintet.common.api.tracker.HeartbeatReply.Warning;
import dev.quintet.common.api.tracker.ReportedState;
import dev.quintet.common.api.tracker.ShardOutcome;
import dev.quintet.common.api.tracker.ShardReport;
import dev.quintet.tracker.TrackerConfig;
import dev.quintet.tracker.shard.HeartbeatResult.Lost;
import dev.quintet.tracker.shard.HeartbeatResult.Renewed;
import dev.quintet.tracker.shard.HeartbeatResult.UnknownCluster;
import dev.quintet.tracker.shard.HeartbeatResult.UnknownInstance;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The hot path: any number of pods' heartbeats in one statement and one commit. */
@ApplicationScoped
class HeartbeatQueries {
  /**
   * $1 to $5 one element per beat, $6 to $17 one per shard, $18 least age in ms of the seed's row
   * that is refreshed, $19 one pause per beat.
   */
  private static final String RENEW =
      """
      SELECT beat, found, generation, total_shards, serving, assignment_version, valid_for_ms, shard_id, outcome, reason, epoch, seq_kept,
             unlisted, offers, directives::text AS directives
        FROM tracker.renew_leases(
          $1, $2, $3, $4::float8[]::numeric[], $5::float8[]::numeric[],
          $6, $7, $8, $9, $10, $11::float8[]::numeric[], $12, $13, $14, $15, $16, $17, $18::float8 * interval '1 ms', $19)
      """;

  private final Pool pg;
  private final ObjectMapper json;
  private final double projectionAgeMs;

  HeartbeatQueries(Pool pg, ObjectMapper json, TrackerConfig config) {
    this.pg = pg;
    this.json = json;
    this.projectionAgeMs = config.projection().minInterval().toMillis();
  }

  /** One result per beat, in their order. No two beats may be of the same pod. */
  Future<List<HeartbeatResult>> renew(List<Beat> beats) {
    return pg.preparedQuery(RENEW).execute(arguments(beats)).map(rows -> results(beats, rows));
  }

  private Tuple arguments(List<Beat> beats) {
    int n = beats.stream().mapToInt(beat -> beat.shards().size()).sum();
    var owner = new Integer[n];
    var states = new @Nullable String[n];
    var guilds = new @Nullable Integer[n];
    var latencies = new @Nullable Double[n];
    var all = new ArrayList<ShardReport>(n);
    for (int b = 0; b < beats.size(); b++) {
      Beat beat = beats.get(b);
      for (int s = 0; s < beat.shards().size(); s++) {
        int at = all.size();
        ReportedState state = beat.shards().get(s).state();
        owner[at] = b + 1;
        states[at] = state == null ? null : state.json();
        guilds[at] = beat.guilds().get(s);
        latencies[at] = beat.latencies().get(s);
        all.add(beat.shards().get(s));
      }
    }
    var shards = new ShardColumns(all);
    return Tuple.tuple()
        .addArrayOfString(beats.stream().map(Beat::cluster).toArray(String[]::new))
        .addArrayOfString(beats.stream().map(Beat::instance).toArray(String[]::new))
        .addArrayOfUUID(beats.stream().map(Beat::incarnation).toArray(UUID[]::new))
        .addArrayOfDouble(beats.stream().map(Beat::memoryMb).toArray(Double[]::new))
        .addArrayOfDouble(beats.stream().map(Beat::cpuPercent).toArray(Double[]::new))
        .addArrayOfInteger(owner)
        .addArrayOfInteger(shards.ids)
        .addArrayOfLong(shards.epochs)
        .addArrayOfString(states)
        .addArrayOfInteger(guilds)
        .addArrayOfDouble(latencies)
        .addArrayOfString(shards.sessions)
        .addArrayOfString(shards.urls)
        .addArrayOfLong(shards.seqs)
        .addArrayOfShort(shards.versions)
        .addArrayOfString(shards.encodings)
        .addArrayOfLong(shards.lastEvents)
        .addDouble(projectionAgeMs)
        .addArrayOfLong(beats.stream().map(Beat::pauseId).toArray(Long[]::new));
  }

  private List<HeartbeatResult> results(List<Beat> beats, RowSet<Row> rows) {
    var grouped =
        IntStream.range(0, beats.size()).<List<Row>>mapToObj(i -> new ArrayList<>(2)).toList();
    rows.forEach(row -> grouped.get(row.getInteger("beat") - 1).add(row));
    return IntStream.range(0, beats.size())
        .mapToObj(i -> result(beats.get(i), grouped.get(i)))
        .toList();
  }

  private HeartbeatResult result(Beat beat, List<Row> rows) {
    Row head = rows.getFirst();
    var outcomes =
        rows.stream()
            .filter(row -> row.getInteger("shard_id") != null)
            .map(HeartbeatQueries::outcome)
            .toList();
    return switch (head.getString("found")) {
      case "unknown_cluster" -> new UnknownCluster();
      case "unknown_instance" -> new UnknownInstance();
      case "superseded" -> new Lost(outcomes);
      default -> {
        boolean none = outcomes.stream().noneMatch(outcome -> outcome.reason() == null);
        yield !outcomes.isEmpty() && none
            ? new Lost(outcomes)
            : new Renewed(reply(beat, head, rows, outcomes));
      }
    };
  }

  private HeartbeatReply reply(Beat beat, Row head, List<Row> rows, List<ShardOutcome> outcomes) {
    var warnings = new ArrayList<>(beat.warnings());
    for (Row row : rows) {
      if (Boolean.TRUE.equals(row.getBoolean("seq_kept"))) {
        int at =
            beat.shards().stream()
                .map(ShardReport::shardId)
                .toList()
                .indexOf(row.getInteger("shard_id"));
        warnings.add(
            new Warning(
                "seq_regressed", "/shards/" + at + "/seq", "is below the stored one, which stays"));
      }
    }
    return new HeartbeatReply(
        head.getLong("valid_for_ms"),
        head.getBoolean("serving"),
        head.getInteger("total_shards"),
        head.getInteger("generation"),
        head.getLong("assignment_version"),
        outcomes,
        integers(head.getArrayOfIntegers("unlisted")),
        integers(head.getArrayOfIntegers("offers")),
        directives(head.getString("directives")),
        warnings);
  }

  private static ShardOutcome outcome(Row row) {
    String reason = row.getString("reason");
    Long epoch = row.getLong("epoch");
    return new ShardOutcome(
        row.getInteger("shard_id"),
        row.getString("outcome"),
        reason == null ? epoch : null,
        reason,
        reason == null ? null : epoch);
  }

  private static List<Integer> integers(Integer @Nullable [] values) {
    return values == null ? List.of() : List.of(values);
  }

  private List<JsonNode> directives(@Nullable String text) {
    if (text == null) {
      return List.of();
    }
    try {
      var directives = new ArrayList<JsonNode>();
      json.readTree(text).forEach(directives::add);
      return directives;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("stored directives are not JSON", e);
    }
  }
}
