package dev.quintet.tracker.jda;

import java.util.List;

/** What happens to this process's shards. Called on the client's own threads: return soon. */
public interface ShardListener {

  /** All shards are taken; this process waits in line. */
  default void standby(int position) {}

  /** {@code resumable}: the shard came with a session of its former holder. */
  default void acquired(int shardId, long epoch, boolean resumable) {}

  /** An IDENTIFY was spent. */
  default void identified(int shardId) {}

  default void ready(int shardId) {}

  /** {@code adopted}: the session was made by another process. */
  default void resumed(int shardId, boolean adopted) {}

  /** The shard was closed here because its lease is gone or may be. */
  default void lost(int shardId, String reason) {}

  /** Handed back with their sessions. */
  default void released(List<Integer> shards) {}

  /** Events are held back while a reshard cuts over. */
  default void paused() {}

  default void serving() {}
}
