package dev.quintet.e2e.fleet;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A line over which a client speaks HTTP/1.1 to a server. It passes every byte on, and keeps each
 * request with the moment at which it was there as a whole: later than the client sent it, and
 * earlier than the server can have seen it.
 */
public final class Tap implements AutoCloseable {
  /**
   * What the client said.
   *
   * @param atNanos on the monotonic clock that all processes of this machine share
   */
  public record Request(
      long atNanos, String method, String path, Map<String, String> headers, String body) {}

  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private final URI target;
  private final ServerSocket door;

  public Tap(URI target) {
    this.target = target;
    try {
      door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + door.getLocalPort() + path);
  }

  /** Those whose path ends like this, in the order in which they came. */
  public List<Request> to(String ending) {
    return requests.stream().filter(request -> request.path().endsWith(ending)).toList();
  }

  public List<Request> since(long nanos) {
    return requests.stream().filter(request -> request.atNanos() > nanos).toList();
  }

  private void accept() {
    while (!door.isClosed()) {
      try {
        Socket client = door.accept();
        var server = new Socket(target.getHost(), target.getPort());
        open.addAll(List.of(client, server));
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        Thread.ofVirtual().start(() -> pass(client, server, new Reader()));
        Thread.ofVirtual().start(() -> pass(server, client, null));
      } catch (IOException e) {
        // Either the test is over, or the server is away: then the client finds its line cut.
      }
    }
  }

  private static void pass(
      Socket from, Socket to, @org.jspecify.annotations.Nullable Reader reader) {
    byte[] bytes = new byte[65_536];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        if (reader != null) {
          reader.heard(bytes, count);
        }
        out.write(bytes, 0, count);
      }
    } catch (IOException e) {
      // The other side is closed as well, by leaving.
    }
  }

  /** Cuts what one connection carries into requests. */
  private final class Reader {
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();

    void heard(byte[] bytes, int count) {
      long now = System.nanoTime();
      pending.write(bytes, 0, count);
      while (take(now)) {
        // the next one may be complete as well
      }
    }

    private boolean take(long now) {
      // One char a byte, so that lengths agree.
      String text = pending.toString(StandardCharsets.ISO_8859_1);
      int end = text.indexOf("\r\n\r\n");
      if (end < 0) {
        return false;
      }
      String[] lines = text.substring(0, end).split("\r\n");
      var headers = new TreeMap<String, String>();
      for (int i = 1; i < lines.length; i++) {
        int colon = lines[i].indexOf(':');
        headers.put(
            lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
            lines[i].substring(colon + 1).strip());
      }
      if (headers.containsKey("transfer-encoding")) {
        throw new IllegalStateException("a body without a length: " + lines[0]);
      }
      int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
      int begin = end + 4;
      if (text.length() < begin + length) {
        return false;
      }
      String[] words = lines[0].split(" ");
      String body =
          new String(
              text.substring(begin, begin + length).getBytes(StandardCharsets.ISO_8859_1),
              StandardCharsets.UTF_8);
      requests.add(new Request(now, words[0], words[1].replaceAll("\\?.*", ""), headers, body));
      byte[] rest = text.substring(begin + length).getBytes(StandardCharsets.ISO_8859_1);
      pending.reset();
      pending.writeBytes(rest);
      return rest.length > 0;
    }
  }

  @Override
  public void close() {
    try {
      door.close();
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
