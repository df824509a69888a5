package dev.quintet.tracker.jda;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import net.dv8tion.jda.api.utils.data.DataObject;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gateway that JDA is told to connect to: a WebSocket server inside this process.
 *
 * <p>JDA has no public way to hold an IDENTIFY back to the millisecond, to close with 4000, to stop
 * between two events or to take over a session. It does let a bot name the gateway's address. So
 * all of that happens here, in between, and JDA stays as it is. The listener is bound to loopback
 * and its path holds a secret, so that no neighbour in the pod can speak through it.
 */
final class GatewayRelay implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(GatewayRelay.class);
  private static final int FIRST_FRAME_LIMIT_MS = 10_000;
  private static final long KEEP_WAITING_S = 3;

  private record Place(int generation, int shardId) {}

  private final boolean compress;
  private final boolean adopts;
  private final ShardLine.Watcher watcher;
  private final ServerSocket server;
  private final String secret;
  private final Map<Place, ShardLine> lines = new ConcurrentHashMap<>();
  private final Set<ShardPipe> pipes = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService pings =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("quintet-relay-pings").factory());

  private volatile String discordGateway;
  private volatile @Nullable DataObject selfUser;

  GatewayRelay(String discordGateway, boolean compress, boolean adopts, ShardLine.Watcher watcher)
      throws IOException {
    this.discordGateway = discordGateway;
    this.compress = compress;
    this.adopts = adopts;
    this.watcher = watcher;
    byte[] random = new byte[16];
    new SecureRandom().nextBytes(random);
    this.secret = HexFormat.of().formatHex(random);
    this.server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
  }

  void start() {
    Thread.ofVirtual().name("quintet-relay").start(this::acceptAll);
    var unused =
        pings.scheduleAtFixedRate(
            () -> pipes.forEach(ShardPipe::keepWaiting),
            KEEP_WAITING_S,
            KEEP_WAITING_S,
            TimeUnit.SECONDS);
  }

  /** Where JDA connects for the shards of one generation. */
  String url(int generation) {
    return "ws://"
        + server.getInetAddress().getHostAddress()
        + ":"
        + server.getLocalPort()
        + path()
        + generation;
  }

  private String path() {
    return "/" + secret + "/";
  }

  void open(ShardLine line) {
    lines.put(new Place(line.generation(), line.shardId()), line);
  }

  void forget(ShardLine line) {
    lines.remove(new Place(line.generation(), line.shardId()), line);
  }

  @Nullable ShardLine line(int generation, int shardId) {
    return lines.get(new Place(generation, shardId));
  }

  @Nullable ShardLine lineOf(int generation, String sessionId) {
    return lines.values().stream()
        .filter(line -> line.generation() == generation)
        .filter(line -> {
          ResumeState session = line.session();
          return session != null && session.sessionId().equals(sessionId);
        })
        .findFirst()
        .orElse(null);
  }

  boolean compress() {
    return compress;
  }

  boolean adopts() {
    return adopts && selfUser != null;
  }

  ShardLine.Watcher watcher() {
    return watcher;
  }

  String discordGateway() {
    return discordGateway;
  }

  /** Discord names its gateway; an address set by hand stays. */
  void discordGateway(String url) {
    discordGateway = url;
  }

  /** The bot's user as Discord's REST API describes it; without it no session can be adopted. */
  void selfUser(DataObject user) {
    selfUser = user;
  }

  DataObject selfUser() throws IOException {
    DataObject user = selfUser;
    if (user == null) {
      throw new IOException("own user is not known yet");
    }
    return user;
  }

  private void acceptAll() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Thread.ofVirtual().name("quintet-relay-jda").start(() -> serve(socket));
      } catch (IOException e) {
        if (!server.isClosed()) {
          LOG.warn("event=relay_accept_failed reason={}", e.toString());
        }
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(FIRST_FRAME_LIMIT_MS);
      var accepted = JdaFrames.accept(socket, path());
      var pipe = new ShardPipe(this, accepted.frames());
      pipes.add(pipe);
      try {
        socket.setSoTimeout(0);
        pipe.run(Integer.parseInt(accepted.rest()));
      } finally {
        pipes.remove(pipe);
      }
    } catch (IOException | RuntimeException e) {
      LOG.debug("event=relay_connection_ended", e);
    }
  }

  @Override
  public void close() {
    pings.shutdownNow();
    lines.values().forEach(ShardLine::drop);
    lines.clear();
    try {
      server.close();
    } catch (IOException e) {
      LOG.debug("event=relay_close_failed", e);
    }
  }
}
