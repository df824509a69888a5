package dev.quintet.tracker.jda.demo;

import dev.quintet.tracker.jda.ShardListener;
import dev.quintet.tracker.jda.TrackedShards;
import dev.quintet.tracker.jda.TrackerSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.dv8tion.jda.api.events.RawGatewayEvent;
import net.dv8tion.jda.api.hooks.ListenerAdapter;
import net.dv8tion.jda.api.requests.GatewayIntent;
import net.dv8tion.jda.api.requests.RestConfig;
import net.dv8tion.jda.api.sharding.DefaultShardManagerBuilder;
import net.dv8tion.jda.api.utils.data.DataArray;
import net.dv8tion.jda.api.utils.data.DataObject;

/**
 * Answers every numbered message with its number, and tells on standard output what becomes of its
 * shards, one JSON object a line. All settings come from the environment ({@link
 * TrackerSettings#fromEnvironment} and {@code DISCORD_TOKEN}).
 */
public final class DemoBot extends ListenerAdapter implements ShardListener {

  private static final Pattern NUMBERED = Pattern.compile("event (\\d+)");

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String token;
  private final URI api;
  private final String name;

  private DemoBot(String token, TrackerSettings settings) {
    this.token = token;
    this.api = settings.discordApi();
    this.name = settings.instanceId();
  }

  public static void main(String[] args) throws Exception {
    Map<String, String> env = new HashMap<>(System.getenv());
    // The bot lives on raw events, so it can go on with a session whose guilds it was never told.
    env.putIfAbsent("ADOPT_SESSIONS", "true");
    String token = env.getOrDefault("DISCORD_TOKEN", "");
    TrackerSettings settings = TrackerSettings.fromEnvironment(env);
    var bot = new DemoBot(token, settings);
    var unused =
        TrackedShards.builder(
                settings,
                token,
                () ->
                    DefaultShardManagerBuilder.createLight(
                            token, GatewayIntent.GUILD_MESSAGES, GatewayIntent.MESSAGE_CONTENT)
                        .setRestConfig(
                            new RestConfig().setBaseUrl(settings.discordApi().toString()))
                        .setRawEventsEnabled(true)
                        .addEventListeners(bot))
            .shardListener(bot)
            .start();
  }

  /** Acts before it returns: what is handed over as handled has then been answered. */
  @Override
  public void onRawGateway(RawGatewayEvent event) {
    if (!event.getType().equals("MESSAGE_CREATE")) {
      return;
    }
    DataObject message = event.getPayload();
    Matcher numbered = NUMBERED.matcher(message.getString("content", ""));
    if (numbered.matches()) {
      answer(message.getString("channel_id"), numbered.group(1));
    }
  }

  private void answer(String channel, String number) {
    HttpRequest post =
        HttpRequest.newBuilder(api.resolve("channels/" + channel + "/messages"))
            .header("authorization", "Bot " + token)
            .header("content-type", "application/json")
            .header("x-instance", name)
            .timeout(Duration.ofSeconds(5))
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    DataObject.empty().put("content", "ack " + number).toString()))
            .build();
    try {
      int status = http.send(post, BodyHandlers.discarding()).statusCode();
      if (status != 200) {
        System.err.println("event " + number + " answered " + status);
      }
    } catch (IOException e) {
      System.err.println("event " + number + " not answered: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void tell(String event, DataObject facts) {
    // The monotonic clock, which on Linux all processes of a machine share.
    DataObject line =
        DataObject.empty().put("event", event).put("at_ns", Long.toString(System.nanoTime()));
    facts.keys().forEach(key -> line.put(key, facts.get(key)));
    System.out.println(line);
  }

  private static DataObject shard(int shardId) {
    return DataObject.empty().put("shard_id", shardId);
  }

  @Override
  public void standby(int position) {
    tell("standby", DataObject.empty().put("position", position));
  }

  @Override
  public void acquired(int shardId, long epoch, boolean resumable) {
    tell("acquired", shard(shardId).put("epoch", epoch).put("resumed", resumable));
  }

  @Override
  public void identified(int shardId) {
    tell("identify", shard(shardId));
  }

  @Override
  public void ready(int shardId) {
    tell("ready", shard(shardId));
  }

  @Override
  public void resumed(int shardId, boolean adopted) {
    tell("resumed", shard(shardId));
  }

  @Override
  public void lost(int shardId, String reason) {
    tell("lost", shard(shardId).put("reason", reason));
  }

  @Override
  public void released(List<Integer> shards) {
    tell("released", DataObject.empty().put("shards", DataArray.fromCollection(shards)));
  }

  @Override
  public void paused() {
    tell("paused", DataObject.empty());
  }

  @Override
  public void serving() {
    tell("serving", DataObject.empty());
  }
}
