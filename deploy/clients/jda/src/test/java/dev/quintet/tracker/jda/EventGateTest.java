package dev.quintet.tracker.jda;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import net.dv8tion.jda.api.JDA;
import net.dv8tion.jda.api.events.GenericEvent;
import net.dv8tion.jda.api.events.RawGatewayEvent;
import net.dv8tion.jda.api.hooks.EventListener;
import net.dv8tion.jda.api.hooks.InterfacedEventManager;
import net.dv8tion.jda.api.utils.data.DataObject;
import org.junit.jupiter.api.Test;

class EventGateTest {

  /** The gate looks at nothing of an event but its payload. */
  private static final JDA NO_JDA =
      (JDA)
          Proxy.newProxyInstance(
              JDA.class.getClassLoader(),
              new Class<?>[] {JDA.class},
              (proxy, method, arguments) -> {
                throw new UnsupportedOperationException(method.getName());
              });

  private static final Duration SOON = Duration.ofMillis(50);

  private final List<String> seen = new ArrayList<>();
  private final AtomicBoolean mayAct = new AtomicBoolean(true);

  private EventGate gate(EventGate.Mode mode) {
    var listeners = new InterfacedEventManager();
    listeners.register((EventListener) this::note);
    return new EventGate(listeners, mode, mayAct::get);
  }

  private void note(GenericEvent event) {
    RawGatewayEvent raw = (RawGatewayEvent) event;
    seen.add(raw.getType() + " " + raw.getPayload().getString("id", "-"));
  }

  private static RawGatewayEvent event(String type, int seq, long guild, String id) {
    DataObject data = DataObject.empty().put("guild_id", String.valueOf(guild));
    if (!id.isEmpty()) {
      data.put("id", id);
    }
    return new RawGatewayEvent(
        NO_JDA, seq, DataObject.empty().put("op", 0).put("s", seq).put("t", type).put("d", data));
  }

  @Test
  void anEventAfterTheDeadlineReachesNobody() {
    EventGate gate = gate(EventGate.Mode.OPEN);
    gate.handle(event("MESSAGE_CREATE", 1, 0, "10"));

    mayAct.set(false);
    gate.handle(event("MESSAGE_CREATE", 2, 0, "11"));

    assertThat(seen).containsExactly("MESSAGE_CREATE 10");
    assertThat(gate.lastEventId()).isEqualTo(10);
  }

  @Test
  void aClosedGateDropsForGood() {
    EventGate gate = gate(EventGate.Mode.HOLDING);
    gate.close();

    gate.handle(event("MESSAGE_CREATE", 1, 0, "10"));
    gate.open(HandledBefore.nothing());

    assertThat(seen).isEmpty();
  }

  @Test
  void whatWaitedComesInOrderAndIsNotCountedAsHandledMeanwhile() throws InterruptedException {
    EventGate gate = gate(EventGate.Mode.OPEN);
    gate.handle(event("MESSAGE_CREATE", 1, 0, "10"));
    assertThat(gate.pause(SOON)).isTrue();
    gate.handle(event("MESSAGE_CREATE", 2, 0, "11"));
    gate.handle(event("MESSAGE_CREATE", 3, 0, "12"));

    assertThat(gate.lastEventId()).isEqualTo(10);
    assertThat(gate.firstHeldSeq()).isEqualTo(2);
    gate.open(HandledBefore.nothing());

    assertThat(seen).containsExactly("MESSAGE_CREATE 10", "MESSAGE_CREATE 11", "MESSAGE_CREATE 12");
    assertThat(gate.firstHeldSeq()).isZero();
  }

  @Test
  void theComingGenerationDropsWhatTheOldShardsHandled() {
    EventGate gate = gate(EventGate.Mode.HOLDING);
    long guildOfOldShard0 = 4L << 22;
    long guildOfOldShard1 = 5L << 22;
    gate.handle(event("GUILD_CREATE", 1, guildOfOldShard0, ""));
    gate.handle(event("TYPING_START", 2, guildOfOldShard0, ""));
    gate.handle(event("MESSAGE_CREATE", 3, guildOfOldShard0, "100"));
    gate.handle(event("MESSAGE_CREATE", 4, guildOfOldShard1, "101"));
    gate.handle(event("TYPING_START", 5, guildOfOldShard0, ""));
    gate.handle(event("MESSAGE_CREATE", 6, guildOfOldShard0, "102"));

    gate.open(new HandledBefore(2, Map.of(0, 101L, 1, 100L)));

    assertThat(seen)
        .containsExactly(
            "GUILD_CREATE -", "MESSAGE_CREATE 101", "TYPING_START -", "MESSAGE_CREATE 102");
  }

  @Test
  void whatTheOldLayoutHandledIsDroppedEvenWhenItComesLate() {
    EventGate gate = gate(EventGate.Mode.HOLDING);
    gate.open(new HandledBefore(1, Map.of(0, 100L)));

    gate.handle(event("MESSAGE_CREATE", 1, 0, "100"));
    gate.handle(event("MESSAGE_CREATE", 2, 0, "101"));

    assertThat(seen).containsExactly("MESSAGE_CREATE 101");
  }

  @Test
  void aPauseIsNotAcknowledgedWhileAListenerIsAtWork() throws InterruptedException {
    var entered = new CountDownLatch(1);
    var leave = new CountDownLatch(1);
    var listeners = new InterfacedEventManager();
    listeners.register(
        (EventListener)
            event -> {
              entered.countDown();
              try {
                leave.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    var gate = new EventGate(listeners, EventGate.Mode.OPEN, () -> true);
    Thread work = Thread.startVirtualThread(() -> gate.handle(event("MESSAGE_CREATE", 1, 0, "10")));
    entered.await();

    assertThat(gate.pause(SOON)).isFalse();
    leave.countDown();
    work.join();

    assertThat(gate.pause(SOON)).isTrue();
  }
}
