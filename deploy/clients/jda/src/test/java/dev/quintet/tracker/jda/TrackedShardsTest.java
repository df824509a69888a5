package dev.quintet.tracker.jda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import net.dv8tion.jda.api.events.GenericEvent;
import net.dv8tion.jda.api.events.RawGatewayEvent;
import net.dv8tion.jda.api.events.message.MessageReceivedEvent;
import net.dv8tion.jda.api.hooks.EventListener;
import net.dv8tion.jda.api.requests.GatewayIntent;
import net.dv8tion.jda.api.requests.RestConfig;
import net.dv8tion.jda.api.sharding.DefaultShardManagerBuilder;
import net.dv8tion.jda.api.utils.data.DataArray;
import net.dv8tion.jda.api.utils.data.DataObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real JDA against a tracker and a Discord that keep their rules. */
class TrackedShardsTest {

  private FakeTracker tracker;
  private FakeDiscord discord;
  private final List<Bot> bots = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    tracker = new FakeTracker(2);
    discord = new FakeDiscord();
  }

  @AfterEach
  void stop() throws IOException {
    bots.forEach(bot -> bot.shards.close());
    discord.close();
    tracker.close();
  }

  /** One process of the fleet: notes what its listeners were given and what the client told. */
  private final class Bot implements EventListener, ShardListener {
    final Journal<String> told = new Journal<>();
    final Journal<Integer> messages = new Journal<>();
    final Journal<Integer> rawMessages = new Journal<>();
    volatile CountDownLatch busy = new CountDownLatch(0);
    final TrackedShards shards;

    Bot(String name, UnaryOperator<TrackerSettings.Builder> changes) throws IOException {
      bots.add(this);
      TrackerSettings settings =
          changes
              .apply(
                  TrackerSettings.builder(tracker.url(), "demo", name)
                      .tokens(
                          AccessTokens.clientCredentials(
                              URI.create(tracker.url() + "/realm"), "bot", "s&cret"))
                      .discordApi(discord.api())
                      .compress(false))
              .build();
      shards =
          TrackedShards.builder(
                  settings,
                  FakeDiscord.TOKEN,
                  () ->
                      DefaultShardManagerBuilder.createLight(
                              FakeDiscord.TOKEN, GatewayIntent.GUILD_MESSAGES)
                          .setRestConfig(new RestConfig().setBaseUrl(discord.api().toString()))
                          .setRawEventsEnabled(true)
                          .addEventListeners(this))
              .shardListener(this)
              .start();
    }

    @Override
    public void onEvent(GenericEvent event) {
      if (event instanceof MessageReceivedEvent message) {
        messages.add(message.getMessage().getAuthor().isBot() ? -1 : numberOf(message));
      } else if (event instanceof RawGatewayEvent raw && raw.getType().equals("MESSAGE_CREATE")) {
        try {
          assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        rawMessages.add(Integer.valueOf(raw.getPayload().getString("content")));
      }
    }

    private int numberOf(MessageReceivedEvent message) {
      return (int) (message.getMessageIdLong() & 0xfff) - 1000;
    }

    @Override
    public void standby(int position) {
      told.add("standby " + position);
    }

    @Override
    public void acquired(int shardId, long epoch, boolean resumable) {
      told.add("acquired " + shardId + (resumable ? " resumable" : ""));
    }

    @Override
    public void identified(int shardId) {
      told.add("identified " + shardId);
    }

    @Override
    public void ready(int shardId) {
      told.add("ready " + shardId);
    }

    @Override
    public void resumed(int shardId, boolean adopted) {
      told.add("resumed " + shardId + (adopted ? " adopted" : ""));
    }

    @Override
    public void lost(int shardId, String reason) {
      told.add("lost " + shardId + " " + reason);
    }

    @Override
    public void released(List<Integer> shards) {
      told.add("released " + shards);
    }

    @Override
    public void paused() {
      told.add("paused");
    }

    @Override
    public void serving() {
      told.add("serving");
    }

    void awaitReady(int shardId) {
      told.await(("ready " + shardId)::equals);
    }
  }

  private Bot bot(String name) throws IOException {
    return bot(name, settings -> settings);
  }

  private Bot bot(String name, UnaryOperator<TrackerSettings.Builder> changes) throws IOException {
    return new Bot(name, changes);
  }

  private FakeDiscord.Entry gateway(String what) {
    return discord.journal.await(entry -> entry.what().equals(what));
  }

  private List<FakeTracker.Call> calls(String what) {
    return tracker.calls.all(call -> call.what().equals(what));
  }

  @Test
  void aGrantedShardIdentifiesUnderItsPermitAndItsEventsReachTheListeners() throws Exception {
    Bot bot = bot("bot-0");
    bot.awaitReady(0);

    int number = discord.say(0);

    assertThat(bot.messages.await(n -> n == number)).isEqualTo(number);
    assertThat(calls("identify-permits")).hasSize(1);
    assertThat(discord.journal.all(e -> e.what().equals("identify"))).hasSize(1);
  }

  @Test
  void identifiesOfOneBucketKeepTheirDistance() throws Exception {
    bot("bot-0", settings -> settings.want(2));

    List<FakeDiscord.Entry> identifies = discord.journal.await(2, e -> e.what().equals("identify"));

    long apart = identifies.get(1).nanos() - identifies.get(0).nanos();
    assertThat(TimeUnit.NANOSECONDS.toMillis(apart)).isGreaterThanOrEqualTo(tracker.gapMs);
    assertThat(identifies).extracting(FakeDiscord.Entry::shardId).containsExactlyInAnyOrder(0, 1);
  }

  @Test
  void aHeartbeatFollowsReadyAtOnceAndStoresTheSession() throws Exception {
    tracker.intervalMs = 4_000;
    Bot bot = bot("bot-0");
    bot.awaitReady(0);

    FakeTracker.Call beat =
        tracker.calls.await(
            call -> call.what().equals("heartbeat") && call.request().toString().contains("seq"));

    DataObject shard = beat.request().getArray("shards").getObject(0);
    assertThat(shard.getString("session_id")).isEqualTo("session-1");
    assertThat(shard.getString("resume_gateway_url")).isEqualTo(discord.gatewayUrl());
    assertThat(beat.status()).isEqualTo(200);
  }

  @Test
  void aCleanStopClosesWith4000AndReleasesTheLastHandledEventWithinTwoSeconds() throws Exception {
    Bot bot = bot("bot-0");
    bot.awaitReady(0);
    int number = discord.say(0);
    bot.rawMessages.await(n -> n == number);
    // One more is at the listener when the stop comes.
    bot.busy = new CountDownLatch(1);
    int last = discord.say(0);
    long began = System.nanoTime();

    Thread stop = Thread.ofPlatform().start(bot.shards::close);
    bot.busy.countDown();
    stop.join();

    assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(2));
    assertThat(bot.rawMessages.all()).containsExactly(number, last);
    assertThat(gateway("closed").code()).isEqualTo(4000);
    DataObject released = tracker.calls.await(call -> call.what().equals("release")).request();
    assertThat(released.getString("reason")).isEqualTo("sigterm");
    // READY and GUILD_CREATE are 1 and 2.
    assertThat(tracker.resumeOf(0).getInt("seq")).isEqualTo(4);
    assertThat(bot.told.all()).contains("released [0]");
  }

  @Test
  void theNextHolderResumesTheSessionAndHandlesEveryEventOnce() throws Exception {
    Bot first = bot("bot-0");
    first.awaitReady(0);
    int before = discord.say(0);
    first.rawMessages.await(n -> n == before);
    first.shards.close();
    discord.journal.await(e -> e.what().equals("closed"));

    Bot second = bot("bot-1", settings -> settings.adoptSessions(true));
    second.told.await("resumed 0 adopted"::equals);
    int after = discord.say(0);
    second.rawMessages.await(n -> n == after);

    assertThat(first.rawMessages.all()).containsExactly(before);
    assertThat(second.rawMessages.all()).containsExactly(after);
    assertThat(gateway("resume").code()).isEqualTo(3);
    assertThat(discord.journal.all(e -> e.what().equals("identify"))).hasSize(1);
    assertThat(calls("identify-permits")).hasSize(1);
  }

  @Test
  void eventsMissedBetweenTwoHoldersAreReplayedToTheSecond() throws Exception {
    Bot first = bot("bot-0");
    first.awaitReady(0);
    FakeTracker.Call stored =
        tracker.calls.await(
            call -> call.what().equals("heartbeat") && call.request().toString().contains("seq"));
    assertThat(stored.status()).isEqualTo(200);
    // As after a kill: what came after the last heartbeat is not known to have been handled.
    int missed = discord.say(0);
    first.rawMessages.await(n -> n == missed);
    first.shards.close();
    tracker.leaveSession(0, "session-1", discord.gatewayUrl(), 2);

    Bot second = bot("bot-1", settings -> settings.adoptSessions(true));

    assertThat(second.rawMessages.await(n -> n == missed)).isEqualTo(missed);
  }

  @Test
  void aSessionThatDiscordNoLongerKnowsIsReplacedUnderAPermit() throws Exception {
    tracker.leaveSession(0, "session-gone", discord.gatewayUrl(), 7);

    Bot bot = bot("bot-0", settings -> settings.adoptSessions(true));
    bot.awaitReady(0);
    int number = discord.say(0);

    assertThat(bot.messages.await(n -> n == number)).isEqualTo(number);
    assertThat(calls("identify-permits")).hasSize(1);
  }

  @Test
  void withoutAdoptionAnInheritedSessionIsLeftAlone() throws Exception {
    tracker.leaveSession(0, "session-other", discord.gatewayUrl(), 7);

    Bot bot = bot("bot-0");
    bot.awaitReady(0);

    assertThat(bot.told.all()).contains("acquired 0 resumable", "identified 0");
    assertThat(discord.journal.all(e -> e.what().equals("resume"))).isEmpty();
  }

  @Test
  void aTrackerThatDoesNotAnswerStopsTheShardAtItsDeadline() throws Exception {
    tracker.ttlMs = 1_500;
    Bot bot = bot("bot-0");
    bot.awaitReady(0);

    tracker.silent = true;
    bot.told.await("lost 0 deadline"::equals);

    assertThat(gateway("closed").code()).isEqualTo(4000);
    assertThat(calls("release")).isEmpty();
    tracker.silent = false;
    bot.told.await(2, told -> told.startsWith("acquired 0"));
    bot.told.await(2, "ready 0"::equals);
  }

  @Test
  void aShortOutageIsRiddenOut() throws Exception {
    Bot bot = bot("bot-0");
    bot.awaitReady(0);

    tracker.refuseNext(3);
    tracker.calls.await(3, call -> call.status() == 503);
    int beats = calls("heartbeat").size();
    tracker.calls.await(beats + 1, call -> call.what().equals("heartbeat"));

    int number = discord.say(0);
    bot.rawMessages.await(n -> n == number);
    assertThat(bot.told.all(told -> told.startsWith("lost"))).isEmpty();
  }

  @Test
  void aLostShardIsClosedAndNotReleased() throws Exception {
    Bot bot = bot("bot-0", settings -> settings.want(2));
    bot.awaitReady(0);
    bot.awaitReady(1);

    tracker.give(0, "bot-9");
    bot.told.await("lost 0 taken_over"::equals);

    FakeDiscord.Entry closed = gateway("closed");
    assertThat(closed.shardId()).isZero();
    assertThat(closed.code()).isEqualTo(4000);
    assertThat(calls("release")).isEmpty();
    int number = discord.say(1);
    assertThat(bot.messages.await(n -> n == number)).isEqualTo(number);
    assertThat(tracker.holderOf(0)).isEqualTo("bot-9");
  }

  @Test
  void aStandbyBeginsWhenAShardIsFreed() throws Exception {
    tracker.give(0, "bot-8");
    tracker.give(1, "bot-9");
    Bot bot = bot("bot-0");
    bot.told.await("standby 1"::equals);
    tracker.calls.await(call -> call.what().equals("heartbeat") && call.status() == 200);

    tracker.free(1);

    bot.awaitReady(1);
    assertThat(tracker.holderOf(1)).isEqualTo("bot-0");
  }

  @Test
  void aReconnectRequestIsAnsweredByResume() throws Exception {
    Bot bot = bot("bot-0");
    bot.awaitReady(0);
    int before = discord.say(0);
    bot.messages.await(n -> n == before);

    discord.reconnect(0);
    bot.told.await("resumed 0"::equals);
    int after = discord.say(0);

    bot.messages.await(n -> n == after);
    assertThat(bot.messages.all()).containsExactly(before, after);
    assertThat(gateway("resume").code()).isEqualTo(3);
    assertThat(calls("identify-permits")).hasSize(1);
  }

  @Test
  void aCutLineIsAnsweredByResume() throws Exception {
    Bot bot = bot("bot-0");
    bot.awaitReady(0);

    discord.cut(0);
    bot.told.await("resumed 0"::equals);

    int number = discord.say(0);
    assertThat(bot.messages.await(n -> n == number)).isEqualTo(number);
  }

  @Test
  void anInvalidatedSessionTakesAnotherPermit() throws Exception {
    Bot bot = bot("bot-0");
    bot.awaitReady(0);

    discord.invalidate(0);
    bot.told.await(2, "ready 0"::equals);

    assertThat(calls("identify-permits"))
        .extracting(call -> call.request().getInt("attempt"))
        .containsExactly(1, 2);
  }

  @Test
  void anOfferIsTakenWhenThereIsRoom() throws Exception {
    Bot bot = bot("bot-0", settings -> settings.maxShards(2));
    bot.awaitReady(0);

    tracker.offer("bot-0", 1);

    bot.awaitReady(1);
  }

  @Test
  void aDrainedShardIsHandedOverWithItsSession() throws Exception {
    Bot bot = bot("bot-0");
    bot.awaitReady(0);

    tracker.direct(
        "bot-0", DataObject.empty().put("type", "drain").put("shards", DataArray.empty().add(0)));

    bot.told.await("released [0]"::equals);
    assertThat(tracker.resumeOf(0).getString("session_id")).isEqualTo("session-1");
    assertThat(gateway("closed").code()).isEqualTo(4000);
  }

  @Test
  void aPackedStreamIsRead() throws Exception {
    Bot bot = bot("bot-0", settings -> settings.compress(true));
    bot.awaitReady(0);

    int number = discord.say(0);

    assertThat(bot.messages.await(n -> n == number)).isEqualTo(number);
  }

  @Test
  void aComingGenerationIsWarmButActsOnlyWhenToldAndOnWhatIsLeft() throws Exception {
    tracker.serving(false);
    Bot bot = bot("bot-0", settings -> settings.generation("next"));
    bot.awaitReady(0);
    int handledByTheOld = discord.say(0);
    int left = discord.say(0);
    // The fixture's guild of shard 0, and the ids of its messages.
    long guild = 2_000_000L << 22;
    tracker.calls.await(call ->
        call.what().equals("heartbeat")
            && call.request().toString().contains("\"state\":\"ready\""));
    assertThat(bot.rawMessages.all()).isEmpty();

    tracker.serving(true);
    tracker.direct(
        "bot-0",
        DataObject.empty()
            .put("type", "serve")
            .put("from_total_shards", 1)
            .put(
                "last_event_ids",
                DataObject.empty().put("0", String.valueOf(guild + 1000 + handledByTheOld))));
    bot.told.await("serving"::equals);
    bot.rawMessages.await(n -> n == left);

    assertThat(bot.rawMessages.all()).containsExactly(left);
    assertThat(bot.messages.all()).containsExactly(left);
  }

  @Test
  void aProcessWhoseNameWasTakenByALaterOneStopsForGood() throws Exception {
    Bot bot = bot("bot-0");
    bot.awaitReady(0);

    tracker.supersede("bot-0");
    assertThat(bot.shards.awaitStopped(Journal.LIMIT)).isTrue();

    assertThat(bot.told.all()).contains("lost 0 superseded");
    assertThat(gateway("closed").code()).isEqualTo(4000);
    assertThat(calls("release")).isEmpty();
  }

  @Test
  void aBotThatDiscordRefusesLeavesItsShardsToOthers() throws Exception {
    Bot bot = bot("bot-0", settings -> settings.want(2));
    bot.awaitReady(0);
    bot.awaitReady(1);

    discord.refuse(0, 4014);

    assertThat(bot.shards.awaitStopped(Journal.LIMIT)).isTrue();
    assertThat(bot.told.all()).contains("released [0, 1]");
    assertThat(tracker.holderOf(0)).isEmpty();
  }

  @Test
  void whilePausedEventsWaitAndTheLastOneIsReported() throws Exception {
    Bot bot = bot("bot-0");
    bot.awaitReady(0);
    int before = discord.say(0);
    bot.rawMessages.await(n -> n == before);

    tracker.direct("bot-0", DataObject.empty().put("type", "pause"));
    bot.told.await("paused"::equals);
    FakeTracker.Call acknowledged =
        tracker.calls.await(call ->
            call.what().equals("heartbeat") && call.request().toString().contains("paused"));
    int during = discord.say(0);
    tracker.direct("bot-0", DataObject.empty());
    bot.told.await("serving"::equals);
    bot.rawMessages.await(n -> n == during);

    DataObject shard = acknowledged.request().getArray("shards").getObject(0);
    assertThat(Long.parseLong(shard.getString("last_event_id")) & 0xfff).isEqualTo(1000 + before);
    assertThat(bot.rawMessages.all()).containsExactly(before, during);
  }
}
