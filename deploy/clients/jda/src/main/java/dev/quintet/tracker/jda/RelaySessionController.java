package dev.quintet.tracker.jda;

import net.dv8tion.jda.api.JDA;
import net.dv8tion.jda.api.utils.SessionControllerAdapter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Points JDA at the relay and connects at once: the spacing of IDENTIFYs is the tracker's business,
 * for it sees every process of the application and JDA sees one.
 */
final class RelaySessionController extends SessionControllerAdapter {

  private static final Logger LOG = LoggerFactory.getLogger(RelaySessionController.class);

  private final String relayUrl;
  private final int totalShards;

  RelaySessionController(String relayUrl, int totalShards) {
    this.relayUrl = relayUrl;
    this.totalShards = totalShards;
  }

  @Override
  public void appendSession(SessionConnectNode node) {
    // Platform threads: JDA blocks inside synchronized, which would pin a carrier before JDK 24.
    Thread.ofPlatform()
        .daemon()
        .name("quintet-connect-" + node.getShardInfo().getShardId())
        .start(() -> run(node));
  }

  private static void run(SessionConnectNode node) {
    try {
      node.run(true);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IllegalStateException e) {
      // The relay is in this process: it can only be gone because the client has been closed.
      LOG.warn(
          "event=relay_not_reached shard={} reason={}",
          node.getShardInfo().getShardId(),
          e.toString());
    } catch (java.util.concurrent.RejectedExecutionException e) {
      LOG.debug("event=shard_already_stopped shard={}", node.getShardInfo().getShardId());
    }
  }

  @Override
  public void removeSession(SessionConnectNode node) {
    // Nothing is queued.
  }

  @Override
  public String getGateway() {
    return relayUrl;
  }

  @Override
  public ShardedGateway getShardedGateway(JDA api) {
    return new ShardedGateway(relayUrl, totalShards, 1);
  }
}
