package dev.quintet.tracker.jda;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The server end of one WebSocket (RFC 6455), as much of it as JDA's client uses: no extensions, no
 * sub-protocol, one reader.
 */
final class JdaFrames implements AutoCloseable {

  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;

  private static final String ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int MAX_MESSAGE = 1 << 20;
  private static final int MAX_HEAD = 16 << 10;

  /** One whole message or control frame. */
  @SuppressWarnings("ArrayRecordComponent") // read once, never compared
  record Message(int opcode, byte[] payload) {
    String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }

    int closeCode() {
      return payload.length < 2 ? 1005 : (payload[0] & 0xff) << 8 | (payload[1] & 0xff);
    }
  }

  /** A connection and what followed the agreed part of its path. */
  record Accepted(JdaFrames frames, String rest) {}

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private final ReentrantLock writing = new ReentrantLock();
  private final ByteArrayOutputStream whole = new ByteArrayOutputStream();
  private int wholeOpcode;
  private volatile boolean closeSent;

  private JdaFrames(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream(), 8192);
    this.out = socket.getOutputStream();
  }

  /** Answers the handshake if the path begins with the given one, else refuses it. */
  static Accepted accept(Socket socket, String path) throws IOException {
    var frames = new JdaFrames(socket);
    Map<String, String> headers = new HashMap<>();
    String request = frames.readHeadLine();
    for (String line = frames.readHeadLine(); !line.isEmpty(); line = frames.readHeadLine()) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(
            line.substring(0, colon).strip().toLowerCase(Locale.ROOT),
            line.substring(colon + 1).strip());
      }
    }
    String key = headers.get("sec-websocket-key");
    if (key == null || !request.startsWith("GET " + path)) {
      frames.writeRaw("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      throw new IOException("not a gateway connection");
    }
    frames.writeRaw(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: "
            + acceptKey(key)
            + "\r\n\r\n");
    return new Accepted(frames, request.substring(("GET " + path).length()).split("[ ?/]", 2)[0]);
  }

  private static String acceptKey(String key) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-1")
              .digest((key + ACCEPT_SUFFIX).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The next message, pong or close; answers pings itself. After a close nothing more comes. */
  Message read() throws IOException {
    while (true) {
      int first = readByte();
      int frameOpcode = first & 0x0f;
      byte[] payload = readPayload();
      if (frameOpcode >= CLOSE) {
        if (frameOpcode == PING) {
          write(PONG, payload);
        } else if (frameOpcode == CLOSE) {
          return new Message(CLOSE, payload);
        } else if (frameOpcode == PONG) {
          return new Message(PONG, payload);
        }
        continue;
      }
      if (frameOpcode != 0) {
        wholeOpcode = frameOpcode;
      }
      whole.writeBytes(payload);
      if (whole.size() > MAX_MESSAGE) {
        throw new IOException("message too long");
      }
      if ((first & 0x80) != 0) {
        var message = new Message(wholeOpcode, whole.toByteArray());
        whole.reset();
        return message;
      }
    }
  }

  private byte[] readPayload() throws IOException {
    int second = readByte();
    long length = second & 0x7f;
    if (length == 126) {
      length = (long) readByte() << 8 | readByte();
    } else if (length == 127) {
      length = 0;
      for (int i = 0; i < 8; i++) {
        length = length << 8 | readByte();
      }
    }
    if (length < 0 || length > MAX_MESSAGE) {
      throw new IOException("frame too long");
    }
    boolean masked = (second & 0x80) != 0;
    byte[] mask = masked ? readFully(4) : new byte[4];
    byte[] payload = readFully((int) length);
    if (masked) {
      for (int i = 0; i < payload.length; i++) {
        payload[i] ^= mask[i & 3];
      }
    }
    return payload;
  }

  void text(String message) throws IOException {
    write(TEXT, message.getBytes(StandardCharsets.UTF_8));
  }

  void ping(byte... payload) throws IOException {
    write(PING, payload);
  }

  /** Sends a close frame, once. */
  void sendClose(int code, String reason) throws IOException {
    if (closeSent) {
      return;
    }
    closeSent = true;
    // 1005 stands for a close frame that named no code, and may not be named itself.
    int sendable = code == 1005 ? 1000 : code;
    byte[] text = reason.getBytes(StandardCharsets.UTF_8);
    byte[] payload = new byte[2 + Math.min(text.length, 120)];
    payload[0] = (byte) (sendable >> 8);
    payload[1] = (byte) sendable;
    System.arraycopy(text, 0, payload, 2, payload.length - 2);
    write(CLOSE, payload);
  }

  void write(int opcode, byte[] payload) throws IOException {
    var head = new ByteArrayOutputStream(10);
    head.write(0x80 | opcode);
    if (payload.length < 126) {
      head.write(payload.length);
    } else if (payload.length < 1 << 16) {
      head.write(126);
      head.write(payload.length >> 8);
      head.write(payload.length);
    } else {
      head.write(127);
      for (int shift = 56; shift >= 0; shift -= 8) {
        head.write((int) ((long) payload.length >> shift));
      }
    }
    writing.lock();
    try {
      out.write(head.toByteArray());
      out.write(payload);
      out.flush();
    } finally {
      writing.unlock();
    }
  }

  private void writeRaw(String head) throws IOException {
    out.write(head.getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  private String readHeadLine() throws IOException {
    var line = new StringBuilder();
    for (int c = readByte(); c != '\n'; c = readByte()) {
      if (line.length() > MAX_HEAD) {
        throw new IOException("handshake too long");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  private int readByte() throws IOException {
    int b = in.read();
    if (b < 0) {
      throw new EOFException();
    }
    return b;
  }

  private byte[] readFully(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException();
    }
    return bytes;
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // Closing is all that was wanted.
    }
  }
}
