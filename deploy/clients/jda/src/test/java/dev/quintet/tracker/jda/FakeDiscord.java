package dev.quintet.tracker.jda;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.Deflater;
import net.dv8tion.jda.api.utils.data.DataArray;
import net.dv8tion.jda.api.utils.data.DataObject;
import org.jspecify.annotations.Nullable;

/** Discord's gateway and the three REST calls of a start, with its rules on sessions. */
final class FakeDiscord implements AutoCloseable {

  static final String TOKEN = "fake-token";
  static final long USER = 900_000_000_000_000_000L;

  /** {@code code} is a close code, a sequence number or an event number, as {@code what} says. */
  record Entry(String what, int shardId, String sessionId, long code, long nanos) {}

  private static final class Session {
    final String id;
    final int shardId;
    final int totalShards;
    final List<String> sent = new ArrayList<>();
    volatile @Nullable Connection connection;

    void send(String json) {
      Connection open = connection;
      if (open != null) {
        open.send(json);
      }
    }

    Session(String id, int shardId, int totalShards) {
      this.id = id;
      this.shardId = shardId;
      this.totalShards = totalShards;
    }
  }

  final Journal<Entry> journal = new Journal<>();
  private final HttpServer http;
  private final ServerSocket gateway;
  private final Map<String, Session> sessions = new ConcurrentHashMap<>();
  private final AtomicInteger names = new AtomicInteger();
  private final AtomicInteger events = new AtomicInteger();

  FakeDiscord() throws IOException {
    gateway = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::acceptAll);
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/api/v10/", this::rest);
    http.start();
  }

  URI api() {
    return URI.create("http://127.0.0.1:" + http.getAddress().getPort() + "/api/v10/");
  }

  String gatewayUrl() {
    return "ws://127.0.0.1:" + gateway.getLocalPort();
  }

  // ---- what a test turns

  /** A message in the shard's guild; its number is also its content. */
  int say(int shardId) {
    Session session = live(shardId);
    int number = events.incrementAndGet();
    synchronized (session) {
      dispatch(session, "MESSAGE_CREATE", message(session, number));
    }
    return number;
  }

  void reconnect(int shardId) {
    live(shardId).send("{\"op\":7,\"d\":null,\"s\":null,\"t\":null}");
  }

  void invalidate(int shardId) {
    Session session = live(shardId);
    sessions.remove(session.id);
    session.send("{\"op\":9,\"d\":false,\"s\":null,\"t\":null}");
  }

  /** As Discord does when it will not have the bot. */
  void refuse(int shardId, int code) throws IOException {
    Connection open = live(shardId).connection;
    if (open != null) {
      open.frames.sendClose(code, "no");
    }
  }

  void cut(int shardId) {
    Connection open = live(shardId).connection;
    if (open != null) {
      open.frames.close();
    }
  }

  void forgetSessions() {
    sessions.clear();
  }

  boolean connected(int shardId) {
    return sessions.values().stream()
        .anyMatch(session -> session.shardId == shardId && session.connection != null);
  }

  private Session live(int shardId) {
    return sessions.values().stream()
        .filter(session -> session.shardId == shardId && session.connection != null)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no live session of shard " + shardId));
  }

  // ---- REST

  private void rest(HttpExchange exchange) throws IOException {
    try (exchange) {
      DataObject body =
          switch (exchange.getRequestURI().getPath().substring("/api/v10/".length())) {
            case "gateway/bot" ->
                DataObject.empty()
                    .put("url", gatewayUrl())
                    .put("shards", 2)
                    .put(
                        "session_start_limit",
                        DataObject.empty()
                            .put("total", 1000)
                            .put("remaining", 999)
                            .put("reset_after", 1000)
                            .put("max_concurrency", 1));
            case "users/@me" -> user();
            case "applications/@me" -> DataObject.empty().put("id", String.valueOf(USER));
            default -> DataObject.empty();
          };
      byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().add("content-type", "application/json");
      exchange.sendResponseHeaders(body.keys().isEmpty() ? 404 : 200, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  // ---- gateway

  private void acceptAll() {
    while (!gateway.isClosed()) {
      try {
        Socket socket = gateway.accept();
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      JdaFrames.Accepted accepted = JdaFrames.accept(socket, "/?v=10&encoding=json");
      var connection =
          new Connection(
              accepted.frames(),
              accepted.rest().contains("compress=zlib-stream") ? new Deflater() : null);
      connection.run();
    } catch (IOException e) {
      // The client has gone.
    }
  }

  private void note(String what, Session session, long code) {
    journal.add(new Entry(what, session.shardId, session.id, code, System.nanoTime()));
  }

  private void dispatch(Session session, String type, DataObject data) {
    String json =
        DataObject.empty()
            .put("t", type)
            .put("s", session.sent.size() + 1)
            .put("op", 0)
            .put("d", data)
            .toString();
    session.sent.add(json);
    session.send(json);
  }

  private final class Connection {
    private final JdaFrames frames;
    private @Nullable Session session;

    private final @Nullable Deflater deflater;

    Connection(JdaFrames frames, @Nullable Deflater deflater) {
      this.frames = frames;
      this.deflater = deflater;
    }

    synchronized void send(String json) {
      try {
        if (deflater == null) {
          frames.text(json);
        } else {
          sendPacked(deflater, json);
        }
      } catch (IOException e) {
        frames.close();
      }
    }

    /** In two frames, as Discord may. */
    private void sendPacked(Deflater stream, String json) throws IOException {
      byte[] packed = new byte[json.length() + 64];
      stream.setInput(json.getBytes(StandardCharsets.UTF_8));
      int length = stream.deflate(packed, 0, packed.length, Deflater.SYNC_FLUSH);
      frames.write(JdaFrames.BINARY, Arrays.copyOf(packed, length / 2));
      frames.write(JdaFrames.BINARY, Arrays.copyOfRange(packed, length / 2, length));
    }

    void run() throws IOException {
      send("{\"op\":10,\"d\":{\"heartbeat_interval\":41250},\"s\":null,\"t\":null}");
      try {
        while (true) {
          JdaFrames.Message message = frames.read();
          if (message.opcode() == JdaFrames.CLOSE) {
            closed(message.closeCode());
            frames.sendClose(message.closeCode(), "");
            return;
          }
          DataObject frame = DataObject.fromJson(message.text());
          switch (frame.getInt("op")) {
            case 1 -> send("{\"op\":11}");
            case 2 -> identify(frame.getObject("d"));
            case 6 -> resume(frame.getObject("d"));
            default -> {}
          }
        }
      } finally {
        detach();
      }
    }

    private void closed(int code) {
      Session mine = session;
      if (mine != null) {
        note("closed", mine, code);
        if (code == 1000 || code == 1001) {
          sessions.remove(mine.id);
        }
      }
    }

    private void detach() {
      Session mine = session;
      if (mine != null) {
        synchronized (mine) {
          if (mine.connection == this) {
            mine.connection = null;
          }
        }
      }
    }

    private void identify(DataObject data) {
      DataArray shard = data.getArray("shard");
      Session made =
          new Session("session-" + names.incrementAndGet(), shard.getInt(0), shard.getInt(1));
      session = made;
      synchronized (made) {
        made.connection = this;
        sessions.put(made.id, made);
        note("identify", made, 0);
        dispatch(made, "READY", ready(made));
        dispatch(made, "GUILD_CREATE", guild(made));
      }
    }

    private void resume(DataObject data) {
      Session known = sessions.get(data.getString("session_id"));
      if (known == null) {
        send("{\"op\":9,\"d\":false,\"s\":null,\"t\":null}");
        return;
      }
      synchronized (known) {
        session = known;
        known.connection = this;
        int seq = data.getInt("seq");
        note("resume", known, seq);
        for (String missed : List.copyOf(known.sent.subList(seq, known.sent.size()))) {
          send(missed);
        }
        dispatch(known, "RESUMED", DataObject.empty());
      }
    }
  }

  // ---- payloads

  private static DataObject user() {
    return person(USER, "quintet").put("bot", true).put("verified", true).put("mfa_enabled", true);
  }

  private static DataObject person(long id, String name) {
    return DataObject.empty()
        .put("id", String.valueOf(id))
        .put("username", name)
        .put("discriminator", "0")
        .put("global_name", null)
        .put("avatar", null)
        .put("bot", false);
  }

  private DataObject ready(Session session) {
    return DataObject.empty()
        .put("v", 10)
        .put("user", user())
        .put(
            "guilds",
            DataArray.empty()
                .add(
                    DataObject.empty()
                        .put("id", String.valueOf(guildOf(session)))
                        .put("unavailable", true)))
        .put("private_channels", DataArray.empty())
        .put("session_id", session.id)
        .put("resume_gateway_url", gatewayUrl())
        .put("application", DataObject.empty().put("id", String.valueOf(USER)).put("flags", 0));
  }

  private static long guildOf(Session session) {
    return (1_000_000L * session.totalShards + session.shardId) << 22;
  }

  private static DataObject member(DataObject user) {
    return DataObject.empty()
        .put("user", user)
        .put("nick", null)
        .put("avatar", null)
        .put("roles", DataArray.empty())
        .put("joined_at", "2020-09-13T12:26:40.000000+00:00")
        .put("deaf", false)
        .put("mute", false)
        .put("flags", 0)
        .put("pending", false);
  }

  private static DataObject guild(Session session) {
    String id = String.valueOf(guildOf(session));
    DataObject everyone =
        DataObject.empty()
            .put("id", id)
            .put("name", "@everyone")
            .put("color", 0)
            .put(
                "colors",
                DataObject.empty()
                    .put("primary_color", 0)
                    .put("secondary_color", null)
                    .put("tertiary_color", null))
            .put("hoist", false)
            .put("position", 0)
            .put("permissions", "68608")
            .put("managed", false)
            .put("mentionable", false)
            .put("flags", 0);
    DataObject channel =
        DataObject.empty()
            .put("id", String.valueOf(guildOf(session) + 1))
            .put("type", 0)
            .put("guild_id", id)
            .put("name", "general")
            .put("position", 0)
            .put("permission_overwrites", DataArray.empty())
            .put("nsfw", false)
            .put("rate_limit_per_user", 0)
            .put("flags", 0);
    DataObject guild =
        DataObject.empty()
            .put("id", id)
            .put("name", "guild")
            .put("owner_id", String.valueOf(USER + 1))
            .put("afk_timeout", 300)
            .put("verification_level", 0)
            .put("default_message_notifications", 0)
            .put("explicit_content_filter", 0)
            .put("mfa_level", 0)
            .put("system_channel_flags", 0)
            .put("premium_tier", 0)
            .put("preferred_locale", "en-US")
            .put("nsfw_level", 0)
            .put("member_count", 2)
            .put("unavailable", false)
            .put("roles", DataArray.empty().add(everyone))
            .put(
                "members",
                DataArray.empty().add(member(user())).add(member(person(USER + 1, "speaker"))))
            .put("channels", DataArray.empty().add(channel));
    for (String none :
        List.of(
            "emojis",
            "stickers",
            "soundboard_sounds",
            "features",
            "presences",
            "voice_states",
            "threads",
            "stage_instances",
            "guild_scheduled_events")) {
      guild.put(none, DataArray.empty());
    }
    return guild;
  }

  private static DataObject message(Session session, int number) {
    DataObject message =
        DataObject.empty()
            .put("id", String.valueOf(guildOf(session) + 1000 + number))
            .put("type", 0)
            .put("channel_id", String.valueOf(guildOf(session) + 1))
            .put("guild_id", String.valueOf(guildOf(session)))
            .put("content", String.valueOf(number))
            .put("author", person(USER + 1, "speaker"))
            .put("member", member(person(USER + 1, "speaker")))
            .put("timestamp", "2026-11-21T00:00:00.000000+00:00")
            .put("edited_timestamp", null)
            .put("tts", false)
            .put("mention_everyone", false)
            .put("pinned", false)
            .put("flags", 0);
    for (String none :
        List.of("mentions", "mention_roles", "attachments", "embeds", "reactions", "components")) {
      message.put(none, DataArray.empty());
    }
    return message;
  }

  @Override
  public void close() throws IOException {
    http.stop(0);
    gateway.close();
  }
}
