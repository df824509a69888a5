package dev.quintet.tracker.jda;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One held shard as the relay sees it: its session at Discord, and whether its events still flow.
 *
 * <pre>
 *   granted ──IDENTIFY or RESUME──> flowing ──stopFlow──> drained ──hangUp──> over
 *                                      └────────────────cut──────────────────┘
 * </pre>
 */
final class ShardLine {

  /** What the relay asks of, and tells, the process that holds the lease. */
  interface Watcher {
    /** Blocks until a slot is reserved. */
    IdentifyWindow permit(ShardLine line) throws InterruptedException, LeaseLostException;

    /** False from the instant the lease may have run out. */
    boolean mayAct(ShardLine line);

    void identified(ShardLine line);

    void ready(ShardLine line);

    /** {@code adopted}: the session was made by another process. */
    void resumed(ShardLine line, boolean adopted);

    /** The session that came with the grant was refused by Discord. */
    void adoptionRefused(ShardLine line);

    void disconnected(ShardLine line, int code);
  }

  private final int generation;
  private final int shardId;
  private final long epoch;
  private final LongSupplier handledByJda;

  private volatile @Nullable ResumeState inherited;
  private volatile @Nullable ResumeState session;
  private volatile boolean adopted;
  private volatile boolean flowing = true;
  private volatile boolean over;
  private volatile long firstSeq;
  private volatile long forwardedSeq;
  private volatile @Nullable ShardPipe pipe;

  /**
   * @param inherited a session another process left; null to start a new one
   * @param handledByJda the number of the last event JDA has read, 0 before the first
   */
  ShardLine(
      int generation,
      int shardId,
      long epoch,
      @Nullable ResumeState inherited,
      LongSupplier handledByJda) {
    this.generation = generation;
    this.shardId = shardId;
    this.epoch = epoch;
    this.inherited = inherited;
    this.handledByJda = handledByJda;
  }

  int generation() {
    return generation;
  }

  int shardId() {
    return shardId;
  }

  long epoch() {
    return epoch;
  }

  boolean adopted() {
    return adopted;
  }

  boolean flowing() {
    return flowing;
  }

  boolean over() {
    return over;
  }

  @Nullable ResumeState inherited() {
    return inherited;
  }

  @Nullable ResumeState session() {
    return session;
  }

  /** The last event that came from Discord; what Discord wants to hear in a heartbeat. */
  long forwardedSeq() {
    return forwardedSeq;
  }

  /** What the next holder needs: the session up to the last event that this bot has handled. */
  @Nullable ResumeState resumeState() {
    ResumeState own = session;
    return own == null ? inherited : own.at(handledSeq());
  }

  private long handledSeq() {
    return Math.max(firstSeq, Math.min(handledByJda.getAsLong(), forwardedSeq));
  }

  void attach(ShardPipe newPipe) {
    pipe = newPipe;
  }

  void detach(ShardPipe oldPipe) {
    if (pipe == oldPipe) {
      pipe = null;
    }
  }

  /** A new session from an IDENTIFY of ours. */
  void began(String sessionId, String gatewayUrl) {
    inherited = null;
    adopted = false;
    firstSeq = 0;
    session = new ResumeState(sessionId, gatewayUrl, 0);
  }

  /** Discord took our RESUME of a session another process made. */
  void tookOver(ResumeState theirs) {
    inherited = null;
    adopted = true;
    firstSeq = theirs.seq();
    forwardedSeq = theirs.seq();
    session = theirs;
  }

  void forgetInherited() {
    inherited = null;
  }

  void sessionEnded() {
    session = null;
  }

  void forwarding(long seq) {
    if (seq != FrameHeader.NO_SEQ) {
      forwardedSeq = seq;
    }
  }

  /**
   * Gives JDA no further event and waits until it has finished the ones it has.
   *
   * @return false if a listener was still busy at the limit; its event then counts as handled
   */
  boolean stopFlow(Duration limit) throws InterruptedException {
    flowing = false;
    ShardPipe open = pipe;
    return open == null || open.awaitJda(limit);
  }

  /** Closes the gateway connection with 4000, so that the session can be resumed. */
  CompletableFuture<?> hangUp() {
    flowing = false;
    over = true;
    ShardPipe open = pipe;
    return open == null ? CompletableFuture.completedFuture(null) : open.hangUp();
  }

  /** Ends what is left between the relay and JDA. */
  void drop() {
    flowing = false;
    over = true;
    ShardPipe open = pipe;
    if (open != null) {
      open.drop();
    }
  }

  @Override
  public String toString() {
    return "shard=" + shardId + " epoch=" + epoch + " generation=" + generation;
  }
}
