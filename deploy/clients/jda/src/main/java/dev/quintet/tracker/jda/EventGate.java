package dev.quintet.tracker.jda;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import net.dv8tion.jda.api.entities.ISnowflake;
import net.dv8tion.jda.api.events.GenericEvent;
import net.dv8tion.jda.api.events.RawGatewayEvent;
import net.dv8tion.jda.api.events.StatusChangeEvent;
import net.dv8tion.jda.api.events.guild.GenericGuildEvent;
import net.dv8tion.jda.api.events.guild.GuildReadyEvent;
import net.dv8tion.jda.api.events.interaction.GenericInteractionCreateEvent;
import net.dv8tion.jda.api.events.message.GenericMessageEvent;
import net.dv8tion.jda.api.events.message.MessageReceivedEvent;
import net.dv8tion.jda.api.events.session.GenericSessionEvent;
import net.dv8tion.jda.api.events.session.ShutdownEvent;
import net.dv8tion.jda.api.hooks.IEventManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands between JDA and the bot's listeners for one shard: what does not pass here is not acted
 * on.
 *
 * <p>JDA's caches are filled in every mode, so a shard of the coming generation is warm when it is
 * told to serve.
 */
final class EventGate implements IEventManager {

  private static final Logger LOG = LoggerFactory.getLogger(EventGate.class);
  private static final int MAX_HELD = 10_000;
  private static final Set<String> RAW_STARTS =
      Set.of("READY", "RESUMED", "GUILD_CREATE", "GUILD_MEMBERS_CHUNK");

  enum Mode {
    /** Events wait for {@link #open}. */
    HOLDING,
    OPEN,
    /** Events are dropped: they belong to the next holder. */
    CLOSED
  }

  private final IEventManager listeners;
  private final BooleanSupplier mayAct;
  private final AtomicLong lastEventId = new AtomicLong();

  /** Read: an event is with the listeners. Write: the mode changes, so none is. */
  private final ReentrantReadWriteLock turn = new ReentrantReadWriteLock();

  private final Deque<GenericEvent> held = new ArrayDeque<>();
  private volatile Mode mode;
  private volatile HandledBefore handledBefore = HandledBefore.nothing();

  EventGate(IEventManager listeners, Mode mode, BooleanSupplier mayAct) {
    this.listeners = listeners;
    this.mode = mode;
    this.mayAct = mayAct;
  }

  @Override
  public void handle(GenericEvent event) {
    if (event instanceof StatusChangeEvent || event instanceof ShutdownEvent) {
      listeners.handle(event);
      return;
    }
    turn.readLock().lock();
    try {
      if (mode == Mode.OPEN) {
        deliver(event);
        return;
      }
    } finally {
      turn.readLock().unlock();
    }
    if (mode == Mode.CLOSED) {
      return;
    }
    turn.writeLock().lock();
    try {
      switch (mode) {
        case OPEN -> deliver(event);
        case HOLDING -> hold(event);
        case CLOSED -> {}
      }
    } finally {
      turn.writeLock().unlock();
    }
  }

  private void deliver(GenericEvent event) {
    // The clock decides, not a timer that may be late.
    if (!mayAct.getAsBoolean()) {
      return;
    }
    long eventId = eventId(event);
    // The old layout may have been quicker with an event than our connection.
    if (eventId == 0 || !handledBefore.includes(guildId(event), eventId)) {
      listeners.handle(event);
      lastEventId.accumulateAndGet(eventId, Math::max);
    }
  }

  private void hold(GenericEvent event) {
    if (held.size() == MAX_HELD) {
      LOG.warn("event=held_event_dropped shard={}", event.getJDA().getShardInfo().getShardId());
      held.removeFirst();
    }
    held.addLast(event);
  }

  /** Lets events through, those held back first, less what another generation has handled. */
  void open(HandledBefore before) {
    turn.writeLock().lock();
    try {
      if (mode != Mode.HOLDING) {
        return;
      }
      Set<GenericEvent> repeated = repeated(before);
      handledBefore = before;
      for (GenericEvent event = held.pollFirst(); event != null; event = held.pollFirst()) {
        if (!repeated.contains(event)) {
          deliver(event);
        }
      }
      mode = Mode.OPEN;
    } finally {
      turn.writeLock().unlock();
    }
  }

  /**
   * Messages and interactions compare by their id. What has none (a reaction, a member joining)
   * goes by its place: what came before a handled event of the same old shard was handled too.
   */
  private Set<GenericEvent> repeated(HandledBefore before) {
    Set<GenericEvent> repeated = Collections.newSetFromMap(new IdentityHashMap<>());
    Set<Integer> reached = new HashSet<>();
    for (var backwards = held.descendingIterator(); backwards.hasNext(); ) {
      GenericEvent event = backwards.next();
      if (!tellsOfWorld(event)) {
        continue;
      }
      long eventId = eventId(event);
      int oldShard = before.shardOf(guildId(event));
      if (eventId == 0 ? reached.contains(oldShard) : before.includes(guildId(event), eventId)) {
        repeated.add(event);
        reached.add(oldShard);
      }
    }
    return repeated;
  }

  /** False if a listener was still at work at the limit; then the gate stays as it was. */
  boolean pause(Duration limit) throws InterruptedException {
    if (!turn.writeLock().tryLock(limit.toNanos(), TimeUnit.NANOSECONDS)) {
      return false;
    }
    try {
      if (mode == Mode.OPEN) {
        mode = Mode.HOLDING;
      }
      return true;
    } finally {
      turn.writeLock().unlock();
    }
  }

  /** From now on nothing passes; does not wait for a listener that is at work. */
  void close() {
    mode = Mode.CLOSED;
  }

  Mode mode() {
    return mode;
  }

  /** The highest message or interaction that the listeners have seen; 0 if none. */
  long lastEventId() {
    return lastEventId.get();
  }

  /** From where another holder would have to resume for the sake of what waits here; 0: nothing. */
  long firstHeldSeq() {
    turn.readLock().lock();
    try {
      return held.stream()
          .filter(EventGate::tellsOfWorld)
          .mapToLong(GenericEvent::getResponseNumber)
          .findFirst()
          .orElse(0);
    } finally {
      turn.readLock().unlock();
    }
  }

  /**
   * False for what only tells that this connection has come up: no other process has handled that.
   */
  private static boolean tellsOfWorld(GenericEvent event) {
    return switch (event) {
      case RawGatewayEvent raw -> !RAW_STARTS.contains(raw.getType());
      case GenericSessionEvent session -> false;
      case GuildReadyEvent ready -> false;
      default -> true;
    };
  }

  private static long eventId(GenericEvent event) {
    return switch (event) {
      case RawGatewayEvent raw -> rawId(raw);
      case MessageReceivedEvent message -> message.getMessageIdLong();
      // Every interaction event is itself the interaction.
      case ISnowflake interaction -> interaction.getIdLong();
      default -> 0;
    };
  }

  private static long rawId(RawGatewayEvent raw) {
    return switch (raw.getType()) {
      case "MESSAGE_CREATE", "INTERACTION_CREATE" -> raw.getPayload().getUnsignedLong("id", 0);
      default -> 0;
    };
  }

  private static long guildId(GenericEvent event) {
    return switch (event) {
      case RawGatewayEvent raw -> raw.getPayload().getUnsignedLong("guild_id", 0);
      case GenericGuildEvent guild -> guild.getGuild().getIdLong();
      case GenericMessageEvent message ->
          message.isFromGuild() ? message.getGuild().getIdLong() : 0;
      case GenericInteractionCreateEvent interaction -> {
        var guild = interaction.getGuild();
        yield guild == null ? 0 : guild.getIdLong();
      }
      default -> 0;
    };
  }

  @Override
  public void register(Object listener) {
    listeners.register(listener);
  }

  @Override
  public void unregister(Object listener) {
    listeners.unregister(listener);
  }

  @Override
  public List<Object> getRegisteredListeners() {
    return listeners.getRegisteredListeners();
  }
}
