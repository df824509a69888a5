package dev.quintet.tracker.jda;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import net.dv8tion.jda.api.entities.ISnowflake;
import net.dv8tion.jda.api.events.GenericEvent;
import net.dv8tion.jda.api.events.RawGatewayEvent;
import net.dv8tion.jda.api.events.StatusChangeEvent;
import net.dv8tion.jda.api.events.message.MessageReceivedEvent;
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

  private final Queue<GenericEvent> held = new ArrayDeque<>();
  private volatile Mode mode;

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
    if (mayAct.getAsBoolean()) {
      listeners.handle(event);
      lastEventId.accumulateAndGet(eventId(event), Math::max);
    }
  }

  private void hold(GenericEvent event) {
    if (held.size() == MAX_HELD) {
      LOG.warn("event=held_events_dropped shard={}", event.getJDA().getShardInfo().getShardId());
      held.clear();
    }
    held.add(event);
  }

  /**
   * Lets events through, those held back first.
   *
   * @param alreadyHandled tells by its id whether the outgoing generation has acted on an event
   */
  void open(EventFilter alreadyHandled) {
    turn.writeLock().lock();
    try {
      if (mode != Mode.HOLDING) {
        return;
      }
      for (GenericEvent event = held.poll(); event != null; event = held.poll()) {
        if (!alreadyHandled.test(guildId(event), eventId(event))) {
          deliver(event);
        }
      }
      mode = Mode.OPEN;
    } finally {
      turn.writeLock().unlock();
    }
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
      return mode == Mode.HOLDING;
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

  /** Answers for (guild, 0 for none; event id, 0 for an event without one). */
  @FunctionalInterface
  interface EventFilter {
    boolean test(long guildId, long eventId);

    static EventFilter none() {
      return (guildId, eventId) -> false;
    }
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
      case MessageReceivedEvent message ->
          message.isFromGuild() ? message.getGuild().getIdLong() : 0;
      case net.dv8tion.jda.api.events.interaction.GenericInteractionCreateEvent interaction -> {
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
