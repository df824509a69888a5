package dev.quintet.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quintet.common.testing.Backends;
import dev.quintet.common.testing.Eventually;
import dev.quintet.e2e.fleet.Api;
import dev.quintet.e2e.fleet.Demo;
import dev.quintet.e2e.fleet.Program;
import dev.quintet.e2e.fleet.Tap;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assertions;

/** The demo's stand-in for Discord in a process of its own, and bots that connect to it. */
final class Discord implements AutoCloseable {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Pattern ACK = Pattern.compile("ack (\\d+)");
  private static final String TOKEN = "demo-bot-token";

  /** An answer of a bot to a numbered message: what it is to act on a shard. */
  record Act(long atNanos, String bot, int event) {}

  /** Its own identify buckets and daily budget, at the tracker as well. */
  final String applicationId = Long.toString(1L << 60 | new Random().nextLong(1L << 59));

  private final Program gateway;
  private final Path certificate;
  private final Path trustStore;
  private final URI control;
  private final Tap rest;

  Discord(Path folder) {
    Demo.prepare();
    certificate = folder.resolve("gateway.pem");
    trustStore = folder.resolve("gateway.p12");
    gateway =
        new Program(
            "gateway",
            List.of(
                "node",
                Demo.folder().resolve("gateway/main.js").toString(),
                "--certificate",
                certificate.toString(),
                "--application-id",
                applicationId,
                "--guilds",
                "16",
                "--max-concurrency",
                "16"),
            Map.of());
    Eventually.holds(
        Duration.ofSeconds(20),
        () -> {
          gateway.expectAlive();
          Assertions.assertFalse(gateway.told().isEmpty());
        });
    JsonNode addresses = gateway.told().getFirst();
    control = URI.create(addresses.path("control").asText() + "/");
    rest = new Tap(URI.create(addresses.path("api").asText()));
    trust();
  }

  /** Java trusts what is in a store, not in a PEM file. */
  private void trust() {
    try (var pem = Files.newInputStream(certificate);
        var out = Files.newOutputStream(trustStore)) {
      var store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setCertificateEntry(
          "gateway", CertificateFactory.getInstance("X.509").generateCertificate(pem));
      store.store(out, "changeit".toCharArray());
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The demo's bot on @discordjs/ws; it speaks to the tracker over this line. */
  Program discordJs(String name, String cluster, Tap tracker, int want) {
    return new Program(
        name,
        List.of("node", Demo.folder().resolve("bot.js").toString()),
        environment(name, cluster, tracker, want));
  }

  /** The demo's bot on JDA. */
  Program jda(String name, String cluster, Tap tracker, int want) {
    return new Program(
        name,
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx96m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Djavax.net.ssl.trustStore=" + trustStore,
            "-Djavax.net.ssl.trustStorePassword=changeit",
            "-jar",
            Demo.jdaBot().toString()),
        environment(name, cluster, tracker, want));
  }

  private Map<String, String> environment(String name, String cluster, Tap tracker, int want) {
    var env = new HashMap<String, String>();
    env.put("TRACKER_URL", tracker.uri("").toString());
    env.put("OIDC_ISSUER", Backends.get().issuer());
    env.put("OIDC_CLIENT_ID", "discord-bot");
    env.put("OIDC_CLIENT_SECRET", "discord-bot-dev");
    env.put("QUINTET_CLUSTER", cluster);
    env.put("DISCORD_TOKEN", TOKEN);
    env.put("DISCORD_API", rest.uri("/api").toString());
    env.put("APPLICATION_ID", applicationId);
    env.put("NODE_EXTRA_CA_CERTS", certificate.toString());
    env.put("INSTANCE_ID", name);
    env.put("POD_UID", "uid-of-" + name);
    env.put("WANT", Integer.toString(want));
    env.put("MAX_SHARDS", Integer.toString(want));
    env.put("GENERATION", "serving");
    return env;
  }

  /** Numbered messages from now on, each to the shard of its guild. */
  void startEvents(int perSecond) {
    var unused = call("POST", "events/start", "{\"per_second\":" + perSecond + "}");
  }

  void stopEvents() {
    var unused = call("POST", "events/stop", "{}");
  }

  /** How often each numbered message was answered. */
  JsonNode tally() {
    return call("GET", "events", null);
  }

  /** Sessions, double holders, broken rules. */
  JsonNode report() {
    return call("GET", "report", null);
  }

  /** What this bot did, in order. */
  List<Act> actsOf(String bot) {
    return rest.to("/messages").stream()
        .filter(request -> bot.equals(request.headers().get("x-instance")))
        .map(request -> {
          Matcher ack = ACK.matcher(request.body());
          if (!ack.find()) {
            throw new IllegalStateException(request.body());
          }
          return new Act(request.atNanos(), bot, Integer.parseInt(ack.group(1)));
        })
        .toList();
  }

  private JsonNode call(
      String method, String path, @org.jspecify.annotations.Nullable String body) {
    var request =
        HttpRequest.newBuilder(control.resolve(path))
            .timeout(Duration.ofSeconds(10))
            .header("Content-Type", "application/json")
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      var response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new IllegalStateException(path + ": " + response.body());
      }
      return Api.JSON.readTree(response.body());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    rest.close();
    gateway.close();
  }
}
