package dev.quintet.tracker.jda;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import net.dv8tion.jda.api.GatewayEncoding;
import net.dv8tion.jda.api.JDA;
import net.dv8tion.jda.api.hooks.IEventManager;
import net.dv8tion.jda.api.sharding.DefaultShardManagerBuilder;
import net.dv8tion.jda.api.sharding.ShardManager;
import net.dv8tion.jda.api.utils.Compression;
import org.jspecify.annotations.Nullable;

/** JDA's shards of one generation: a shard manager that starts empty and is told what to run. */
final class ShardHost {

  private final int generation;
  private final int totalShards;
  private final ShardManager manager;
  private final Map<Integer, EventGate> gates = new ConcurrentHashMap<>();

  /**
   * @param firstMode what the gate of a shard begins as
   * @param mayAct whether the shard's lease holds right now
   */
  ShardHost(
      int generation,
      int totalShards,
      String relayUrl,
      Supplier<DefaultShardManagerBuilder> bot,
      IntFunction<? extends IEventManager> listeners,
      Supplier<EventGate.Mode> firstMode,
      IntPredicate mayAct) {
    this.generation = generation;
    this.totalShards = totalShards;
    this.manager =
        bot.get()
            .setShardsTotal(totalShards)
            .setShards(List.of())
            .setSessionController(new RelaySessionController(relayUrl, totalShards))
            .setEventManagerProvider(shardId -> {
              var gate =
                  new EventGate(
                      listeners.apply(shardId), firstMode.get(), () -> mayAct.test(shardId));
              gates.put(shardId, gate);
              return gate;
            })
            // The relay reads JSON, and inflating twice would buy nothing on loopback.
            .setGatewayEncoding(GatewayEncoding.JSON)
            .setCompression(Compression.NONE)
            .setAutoReconnect(true)
            .setEnableShutdownHook(false)
            .build(false);
  }

  int generation() {
    return generation;
  }

  int totalShards() {
    return totalShards;
  }

  ShardManager manager() {
    return manager;
  }

  void start(int shardId) {
    manager.start(shardId);
  }

  /** Ends JDA's part; the gateway connection is the relay's to close. */
  void stop(int shardId) {
    closeGate(shardId);
    manager.shutdown(shardId);
  }

  void closeGate(int shardId) {
    EventGate gate = gates.get(shardId);
    if (gate != null) {
      gate.close();
    }
  }

  @Nullable EventGate gate(int shardId) {
    return gates.get(shardId);
  }

  @Nullable JDA shard(int shardId) {
    return manager.getShardById(shardId);
  }

  /** The number of the last event that JDA has read for the shard, less what waits at the gate. */
  long handledSeq(int shardId) {
    JDA jda = shard(shardId);
    EventGate gate = gates.get(shardId);
    long read = jda == null ? 0 : jda.getResponseTotal();
    long waiting = gate == null ? 0 : gate.firstHeldSeq();
    return waiting == 0 ? read : Math.min(read, waiting - 1);
  }

  void shutdown() {
    gates.values().forEach(EventGate::close);
    manager.shutdown();
  }
}
