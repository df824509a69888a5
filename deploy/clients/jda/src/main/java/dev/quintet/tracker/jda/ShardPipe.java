package dev.quintet.tracker.jda;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import net.dv8tion.jda.api.utils.data.DataArray;
import net.dv8tion.jda.api.utils.data.DataObject;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of JDA's, joined to one of Discord's.
 *
 * <p>It passes frames on unchanged, with these exceptions: JDA's IDENTIFY waits for its permit (or
 * becomes a RESUME of an inherited session, answered to JDA with a READY); READY names the relay as
 * the address to resume at; heartbeats carry the relay's own sequence number; and every close
 * towards Discord is 4000, where JDA would send 1000 and thereby end the session.
 */
final class ShardPipe {

  private static final Logger LOG = LoggerFactory.getLogger(ShardPipe.class);

  /** JDA comes back after this one, and takes it for no error. */
  private static final int CLOSE_COME_BACK = 4900;

  private static final Duration HELLO_LIMIT = Duration.ofSeconds(10);
  private static final int MAX_EARLY_FRAMES = 100;

  private final GatewayRelay relay;
  private final JdaFrames jda;
  private final AtomicLong fences = new AtomicLong();
  private final ConcurrentHashMap<Long, CountDownLatch> openFences = new ConcurrentHashMap<>();

  /** Held while a frame goes to JDA, so that the flow stops between two frames. */
  private final ReentrantLock flow = new ReentrantLock();

  /** Guards the three fields below. */
  private final ReentrantLock upstream = new ReentrantLock();

  private final List<String> early = new ArrayList<>();
  private boolean started;
  private @Nullable Leg leg;

  private volatile boolean helloSent;
  private volatile boolean done;
  private volatile @Nullable Thread starter;

  ShardPipe(GatewayRelay relay, JdaFrames jda) {
    this.relay = relay;
    this.jda = jda;
  }

  /** Runs until JDA's end is closed. */
  void run(int generation) throws IOException {
    String first = jda.read().text();
    DataObject frame = DataObject.fromJson(first);
    int op = frame.getInt("op", -1);
    ShardLine found =
        switch (op) {
          case FrameHeader.IDENTIFY -> relay.line(generation, shardOf(frame));
          case FrameHeader.RESUME ->
              relay.lineOf(generation, frame.getObject("d").getString("session_id"));
          default -> null;
        };
    if (found == null || found.over()) {
      jda.sendClose(CLOSE_COME_BACK, "shard is not held");
      return;
    }
    found.attach(this);
    starter =
        Thread.ofVirtual()
            .name("quintet-gateway-" + found.shardId())
            .start(() -> start(found, op, first));
    try {
      while (true) {
        JdaFrames.Message message = jda.read();
        switch (message.opcode()) {
          case JdaFrames.TEXT -> fromJda(found, message.text());
          case JdaFrames.PONG -> reached(message.payload());
          case JdaFrames.CLOSE -> {
            jda.sendClose(message.closeCode(), "");
            return;
          }
          default -> {}
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      found.detach(this);
      var unused = hangUp();
      openFences.values().forEach(CountDownLatch::countDown);
    }
  }

  private static int shardOf(DataObject identify) {
    DataArray shard = identify.getObject("d").getArray("shard");
    return shard.getInt(0);
  }

  // ---- towards Discord

  private void start(ShardLine held, int op, String first) {
    try {
      ResumeState inherited = held.inherited();
      if (op == FrameHeader.RESUME) {
        resume(held, first);
      } else if (inherited != null && relay.adopts()) {
        adopt(held, first, inherited);
      } else {
        identify(held, first);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (LeaseLostException e) {
      closeJda(CLOSE_COME_BACK, "lease lost");
    } catch (IOException e) {
      LOG.warn("event=gateway_not_reached {} reason={}", held, e.toString());
      closeJda(CLOSE_COME_BACK, "gateway not reached");
    }
  }

  private void identify(ShardLine held, String frame)
      throws IOException, InterruptedException, LeaseLostException {
    // Connected first: a slot lasts half a second, and a TLS handshake may take as long.
    Leg ready = connect(held, relay.discordGateway(), null);
    while (true) {
      IdentifyWindow window = relay.watcher().permit(held);
      if (window.empty()) {
        continue;
      }
      if (!ready.open()) {
        ready = connect(held, relay.discordGateway(), null);
      }
      sleepUntil(window.opensNanos());
      if (!relay.watcher().mayAct(held)) {
        throw new LeaseLostException("expired before its IDENTIFY");
      }
      if (window.allows(System.nanoTime())) {
        ready.begin(frame);
        relay.watcher().identified(held);
        flushEarly();
        return;
      }
      LOG.info("event=identify_window_missed {}", held);
    }
  }

  private void resume(ShardLine held, String frame) throws IOException, InterruptedException {
    ResumeState session = held.session();
    Leg ready =
        connect(held, session == null ? relay.discordGateway() : session.gatewayUrl(), null);
    ready.begin(frame);
    flushEarly();
  }

  private void adopt(ShardLine held, String identify, ResumeState inherited)
      throws IOException, InterruptedException, LeaseLostException {
    DataObject user = relay.selfUser();
    String token = DataObject.fromJson(identify).getObject("d").getString("token");
    String resume =
        DataObject.empty()
            .put("op", FrameHeader.RESUME)
            .put(
                "d",
                DataObject.empty()
                    .put("token", token)
                    .put("session_id", inherited.sessionId())
                    .put("seq", inherited.seq()))
            .toString();
    var adoption = new Adoption(inherited, user);
    try {
      connect(held, inherited.gatewayUrl(), adoption).begin(resume);
    } catch (IOException e) {
      LOG.info("event=adoption_failed {} reason={}", held, e.toString());
      adoption.answer.complete(false);
    }
    boolean taken;
    try {
      taken = adoption.answer.get(HELLO_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      taken = false;
    }
    if (taken) {
      flushEarly();
      return;
    }
    held.forgetInherited();
    relay.watcher().adoptionRefused(held);
    // Discord asks for a random pause between an invalid session and the next IDENTIFY.
    TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(1000, 2000));
    identify(held, identify);
  }

  /** A new connection with its HELLO in hand; the one before it is closed. */
  private Leg connect(ShardLine held, String gateway, @Nullable Adoption adoption)
      throws IOException, InterruptedException {
    Leg next = new Leg(held, adoption);
    Leg before;
    upstream.lock();
    try {
      before = leg;
      leg = next;
    } finally {
      upstream.unlock();
    }
    if (before != null) {
      var unused = before.close();
    }
    next.socket = DiscordSocket.connect(gateway, relay.compress(), next);
    if (done) {
      var unused = next.close();
      throw new InterruptedException("JDA has left");
    }
    try {
      next.hello.get(HELLO_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      var unused = next.close();
      throw new IOException("no HELLO", e);
    }
    return next;
  }

  private void fromJda(ShardLine held, String text) throws IOException, InterruptedException {
    if (FrameHeader.of(text).op() == FrameHeader.HEARTBEAT) {
      heartbeat(held);
      return;
    }
    Leg open;
    upstream.lock();
    try {
      if (!started) {
        if (early.size() < MAX_EARLY_FRAMES) {
          early.add(text);
        }
        return;
      }
      open = leg;
    } finally {
      upstream.unlock();
    }
    if (open != null) {
      open.sendQuietly(text);
    }
  }

  private void heartbeat(ShardLine held) throws IOException, InterruptedException {
    Leg open = currentLeg();
    if (open == null || !open.open()) {
      // Between two connections of ours JDA must not take this one for dead.
      jda.text("{\"op\":11}");
      return;
    }
    long seq = held.forwardedSeq();
    open.sendQuietly("{\"op\":1,\"d\":" + (seq > 0 ? String.valueOf(seq) : "null") + "}");
  }

  private void flushEarly() throws IOException, InterruptedException {
    upstream.lockInterruptibly();
    try {
      started = true;
      Leg open = leg;
      if (open != null) {
        for (String frame : early) {
          open.send(frame);
        }
      }
      early.clear();
    } finally {
      upstream.unlock();
    }
  }

  private @Nullable Leg currentLeg() {
    upstream.lock();
    try {
      return leg;
    } finally {
      upstream.unlock();
    }
  }

  private static void sleepUntil(long nanoTime) throws InterruptedException {
    for (long left = nanoTime - System.nanoTime(); left > 0; left = nanoTime - System.nanoTime()) {
      LockSupport.parkNanos(left);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
  }

  // ---- towards JDA

  private void toJda(String json) {
    try {
      jda.text(json);
    } catch (IOException e) {
      jda.close();
    }
  }

  private void event(ShardLine held, String json, long seq) {
    flow.lock();
    try {
      if (held.flowing() && relay.watcher().mayAct(held)) {
        held.forwarding(seq);
        toJda(json);
      }
    } finally {
      flow.unlock();
    }
  }

  private void closeJda(int code, String reason) {
    try {
      jda.sendClose(code, reason);
    } catch (IOException e) {
      jda.close();
    }
  }

  /** JDA waits 10 s for a HELLO; a ping restarts that count while we wait for a permit. */
  void keepWaiting() {
    if (!helloSent && !done) {
      try {
        jda.ping();
      } catch (IOException e) {
        jda.close();
      }
    }
  }

  /**
   * A numbered ping: JDA's reader answers it only after every frame before it has gone through the
   * listeners, because it calls them itself.
   */
  boolean awaitJda(Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    long number = fences.incrementAndGet();
    var answered = new CountDownLatch(1);
    openFences.put(number, answered);
    if (!flow.tryLock(limit.toNanos(), TimeUnit.NANOSECONDS)) {
      return false;
    }
    try {
      if (done) {
        return true;
      }
      jda.ping(ByteBuffer.allocate(8).putLong(number).array());
    } catch (IOException e) {
      return true;
    } finally {
      flow.unlock();
    }
    return answered.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
  }

  private void reached(byte[] payload) {
    if (payload.length == 8) {
      CountDownLatch fence = openFences.remove(ByteBuffer.wrap(payload).getLong());
      if (fence != null) {
        fence.countDown();
      }
    }
  }

  CompletableFuture<?> hangUp() {
    done = true;
    Thread waiting = starter;
    if (waiting != null) {
      waiting.interrupt();
    }
    Leg open = currentLeg();
    return open == null ? CompletableFuture.completedFuture(null) : open.close();
  }

  void drop() {
    var unused = hangUp();
    jda.close();
  }

  /** How a session of another process is presented to JDA, which knows none of it. */
  private static final class Adoption {
    final ResumeState theirs;
    final DataObject user;
    final CompletableFuture<Boolean> answer = new CompletableFuture<>();

    Adoption(ResumeState theirs, DataObject user) {
      this.theirs = theirs;
      this.user = user;
    }

    String ready(String relayUrl) {
      DataObject data =
          DataObject.empty()
              .put("v", net.dv8tion.jda.api.JDAInfo.DISCORD_GATEWAY_VERSION)
              .put("user", user)
              .put("guilds", DataArray.empty())
              .put("private_channels", DataArray.empty())
              .put("session_id", theirs.sessionId())
              .put("resume_gateway_url", relayUrl);
      return DataObject.empty()
          .put("op", FrameHeader.DISPATCH)
          .put("t", "READY")
          .put("s", theirs.seq())
          .put("d", data)
          .toString();
    }
  }

  /** One connection to Discord within this pipe. */
  private final class Leg implements DiscordSocket.Handler {
    private final ShardLine held;
    private final CompletableFuture<Void> hello = new CompletableFuture<>();
    private @Nullable Adoption adoption;
    private volatile @Nullable DiscordSocket socket;
    private volatile boolean begun;

    Leg(ShardLine held, @Nullable Adoption adoption) {
      this.held = held;
      this.adoption = adoption;
    }

    boolean open() {
      DiscordSocket connected = socket;
      return connected != null && connected.open();
    }

    void send(String json) throws IOException, InterruptedException {
      DiscordSocket connected = socket;
      if (connected == null) {
        throw new IOException("not connected");
      }
      connected.send(json);
    }

    /** The frame that makes or continues a session. */
    void begin(String json) throws IOException, InterruptedException {
      begun = true;
      send(json);
    }

    /** A frame that cannot be sent is lost with its connection, whose close JDA will hear of. */
    void sendQuietly(String json) throws InterruptedException {
      try {
        send(json);
      } catch (IOException e) {
        LOG.debug("event=frame_not_sent {}", held, e);
      }
    }

    CompletableFuture<?> close() {
      DiscordSocket connected = socket;
      return connected == null ? CompletableFuture.completedFuture(null) : connected.close();
    }

    @Override
    public void message(String json) {
      if (currentLeg() != this) {
        return;
      }
      FrameHeader header = FrameHeader.of(json);
      switch (header.op()) {
        case FrameHeader.HELLO -> hello(json);
        case FrameHeader.DISPATCH -> dispatch(header, json);
        case FrameHeader.INVALID_SESSION -> invalid(json);
        default -> toJda(json);
      }
    }

    private void hello(String json) {
      // A second HELLO would start a second heartbeat timer in JDA.
      if (!helloSent) {
        helloSent = true;
        toJda(json);
      }
      hello.complete(null);
    }

    private void dispatch(FrameHeader header, String json) {
      Adoption pending = adoption;
      if (pending != null) {
        adoption = null;
        held.tookOver(pending.theirs);
        event(held, pending.ready(relay.url(held.generation())), pending.theirs.seq());
        pending.answer.complete(true);
        relay.watcher().resumed(held, true);
      }
      if ("READY".equals(header.type())) {
        DataObject ready = DataObject.fromJson(json);
        DataObject data = ready.getObject("d");
        held.began(
            data.getString("session_id"),
            data.getString("resume_gateway_url", relay.discordGateway()));
        var unused = data.put("resume_gateway_url", relay.url(held.generation()));
        event(held, ready.toString(), header.seq());
        relay.watcher().ready(held);
        return;
      }
      event(held, json, header.seq());
      if ("RESUMED".equals(header.type()) && pending == null && !held.adopted()) {
        relay.watcher().resumed(held, false);
      }
    }

    private void invalid(String json) {
      Adoption pending = adoption;
      if (pending != null) {
        var unused = pending.answer.complete(false);
        return;
      }
      if (!DataObject.fromJson(json).getBoolean("d")) {
        held.sessionEnded();
      }
      toJda(json);
    }

    @Override
    public void closed(int code, String reason) {
      hello.completeExceptionally(new IOException("closed with " + code));
      // One that ends while it waits for its permit is replaced without JDA's noticing.
      if (currentLeg() != this || !begun) {
        return;
      }
      Adoption pending = adoption;
      if (pending != null && pending.answer.complete(false)) {
        return;
      }
      relay.watcher().disconnected(held, code);
      closeJda(code == DiscordSocket.CLOSE_ABNORMAL ? CLOSE_COME_BACK : code, reason);
    }
  }
}
