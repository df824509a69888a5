package dev.quintet.tracker.shard;

import dev.quintet.common.api.tracker.ShardReport;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reports turned by 90 degrees: one array per column, as {@code unnest} takes them. */
final class ShardColumns {
  final @Nullable Integer[] ids;
  final @Nullable Long[] epochs;
  final @Nullable String[] sessions;
  final @Nullable String[] urls;
  final @Nullable Long[] seqs;
  final @Nullable Short[] versions;
  final @Nullable String[] encodings;
  final @Nullable Long[] lastEvents;

  ShardColumns(List<ShardReport> shards) {
    int n = shards.size();
    ids = new Integer[n];
    epochs = new Long[n];
    sessions = new String[n];
    urls = new String[n];
    seqs = new Long[n];
    versions = new Short[n];
    encodings = new String[n];
    lastEvents = new Long[n];
    for (int i = 0; i < n; i++) {
      var shard = shards.get(i);
      ids[i] = shard.shardId();
      epochs[i] = shard.epoch();
      sessions[i] = shard.sessionId();
      urls[i] = shard.resumeGatewayUrl();
      seqs[i] = shard.seq();
      versions[i] = shard.gatewayVersion() == null ? null : shard.gatewayVersion().shortValue();
      encodings[i] = shard.encoding();
      lastEvents[i] = shard.lastEventId() == null ? null : Long.valueOf(shard.lastEventId());
    }
  }
}
