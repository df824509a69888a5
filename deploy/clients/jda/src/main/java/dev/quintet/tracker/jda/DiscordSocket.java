package dev.quintet.tracker.jda;

import com.neovisionaries.ws.client.ThreadType;
import com.neovisionaries.ws.client.WebSocket;
import com.neovisionaries.ws.client.WebSocketAdapter;
import com.neovisionaries.ws.client.WebSocketException;
import com.neovisionaries.ws.client.WebSocketFactory;
import com.neovisionaries.ws.client.WebSocketFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import net.dv8tion.jda.api.JDAInfo;
import org.jspecify.annotations.Nullable;

/**
 * One connection to Discord's gateway: whole messages in, whole messages out, one close.
 *
 * <p>It uses the WebSocket client that JDA brings. The JDK's own loses an end of stream that meets
 * an undelivered message (an InternalError inside it), and then the line stays dead unnoticed.
 */
final class DiscordSocket extends WebSocketAdapter {

  /** Any code but 1000 and 1001 leaves the session resumable. */
  static final int CLOSE_RESUMABLE = 4000;

  /** No close frame came. */
  static final int CLOSE_ABNORMAL = 1006;

  private static final int CONNECT_LIMIT_MS = 10_000;
  private static final long CLOSE_REPLY_LIMIT_MS = 1_000;

  /** Called in the order of the messages, one at a time. */
  interface Handler {
    void message(String json);

    /** At most once, and not after {@link #close}. */
    void closed(int code, String reason);
  }

  private final Handler handler;
  private final WebSocket socket;
  private final ByteArrayOutputStream packed = new ByteArrayOutputStream();
  private final @Nullable Inflater inflater;
  private final byte[] inflated = new byte[8192];
  private final AtomicBoolean over = new AtomicBoolean();
  private final CompletableFuture<Void> closeSent = new CompletableFuture<>();

  private DiscordSocket(Handler handler, WebSocket socket, boolean compress) {
    this.handler = handler;
    this.socket = socket;
    this.inflater = compress ? new Inflater() : null;
  }

  static DiscordSocket connect(String gateway, boolean compress, Handler handler)
      throws IOException {
    URI address = address(gateway, compress);
    var factory = new WebSocketFactory().setConnectionTimeout(CONNECT_LIMIT_MS);
    // The client connects by address, so the name for TLS has to be told.
    factory.setServerName(address.getHost());
    WebSocket socket = factory.createSocket(address);
    socket.setDirectTextMessage(true);
    var discord = new DiscordSocket(handler, socket, compress);
    try {
      socket.addListener(discord).connect();
      return discord;
    } catch (WebSocketException e) {
      discord.over.set(true);
      throw new IOException("gateway not reached: " + e.getMessage(), e);
    }
  }

  static URI address(String gateway, boolean compress) {
    URI base = URI.create(gateway);
    String path = base.getRawPath();
    return URI.create(
        base.getScheme()
            + "://"
            + base.getRawAuthority()
            + (path == null || path.isEmpty() ? "/" : path)
            + "?v="
            + JDAInfo.DISCORD_GATEWAY_VERSION
            + "&encoding="
            + ResumeState.ENCODING
            + (compress ? "&compress=zlib-stream" : ""));
  }

  boolean open() {
    return !over.get() && socket.isOpen();
  }

  void send(String json) throws IOException {
    if (!open()) {
      throw new IOException("gateway connection is closed");
    }
    socket.sendText(json);
  }

  /**
   * Says goodbye so that the session stays resumable; done when the frame is out. Nothing that
   * arrives afterwards reaches the handler.
   */
  CompletableFuture<Void> close() {
    over.set(true);
    socket.disconnect(CLOSE_RESUMABLE, "", CLOSE_REPLY_LIMIT_MS);
    if (!socket.isOpen()
        && socket.getState() == com.neovisionaries.ws.client.WebSocketState.CLOSED) {
      closeSent.complete(null);
    }
    return closeSent;
  }

  @Override
  public void onThreadCreated(WebSocket ws, ThreadType type, Thread thread) {
    thread.setName("quintet-discord-" + type.name().toLowerCase(Locale.ROOT));
  }

  @Override
  public void onTextMessage(WebSocket ws, byte[] data) {
    deliver(new String(data, StandardCharsets.UTF_8));
  }

  @Override
  public void onBinaryMessage(WebSocket ws, byte[] part) {
    packed.writeBytes(part);
    if (!endsWithFlush(part)) {
      return;
    }
    byte[] whole = packed.toByteArray();
    packed.reset();
    String json;
    try {
      json = inflate(whole);
    } catch (DataFormatException e) {
      end(CLOSE_ABNORMAL, "unreadable compression");
      socket.disconnect(CLOSE_RESUMABLE, "", CLOSE_REPLY_LIMIT_MS);
      return;
    }
    deliver(json);
  }

  /** Discord's zlib stream ends every message with Z_SYNC_FLUSH, never inside one. */
  private static boolean endsWithFlush(byte[] part) {
    int n = part.length;
    return n >= 4
        && part[n - 4] == 0
        && part[n - 3] == 0
        && part[n - 2] == (byte) 0xff
        && part[n - 1] == (byte) 0xff;
  }

  private String inflate(byte[] whole) throws DataFormatException {
    if (inflater == null) {
      throw new DataFormatException("compression was not asked for");
    }
    inflater.setInput(whole);
    var json = new ByteArrayOutputStream(whole.length * 4);
    for (int n = inflater.inflate(inflated); n > 0; n = inflater.inflate(inflated)) {
      json.write(inflated, 0, n);
    }
    return json.toString(StandardCharsets.UTF_8);
  }

  private void deliver(String json) {
    if (!over.get()) {
      handler.message(json);
    }
  }

  @Override
  public void onFrameSent(WebSocket ws, WebSocketFrame frame) {
    if (frame.isCloseFrame()) {
      closeSent.complete(null);
    }
  }

  @Override
  public void onDisconnected(
      WebSocket ws,
      @Nullable WebSocketFrame serverClose,
      @Nullable WebSocketFrame clientClose,
      boolean closedByServer) {
    closeSent.complete(null);
    if (inflater != null) {
      inflater.end();
    }
    if (closedByServer && serverClose != null) {
      String reason = serverClose.getCloseReason();
      end(serverClose.getCloseCode(), reason == null ? "" : reason);
    } else {
      end(CLOSE_ABNORMAL, "");
    }
  }

  private void end(int code, String reason) {
    if (over.compareAndSet(false, true)) {
      handler.closed(code, reason);
    }
  }
}
