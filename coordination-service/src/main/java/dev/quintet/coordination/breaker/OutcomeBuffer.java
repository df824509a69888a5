package dev.quintet.coordination.breaker;

import dev.quintet.common.api.coordination.BreakerOutcomes;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Outcomes that could not be counted as Redis was away, in the order in which they came. */
@ApplicationScoped
class OutcomeBuffer {
  private final int most;
  private final ConcurrentLinkedQueue<Kept> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger size = new AtomicInteger();

  OutcomeBuffer(BreakerSettings settings) {
    this.most = settings.buffered();
  }

  private record Kept(String service, BreakerOutcomes.Report report) {}

  /** Returns how many found a place; the others are lost. */
  int keep(String service, List<BreakerOutcomes.Report> reports) {
    int kept = 0;
    for (var report : reports) {
      if (size.incrementAndGet() > most) {
        size.decrementAndGet();
        break;
      }
      queue.add(new Kept(service, report));
      kept++;
    }
    return kept;
  }

  boolean isEmpty() {
    return size.get() == 0;
  }

  /** Takes all that is there, by service. */
  Map<String, List<BreakerOutcomes.Report>> take() {
    var taken = new LinkedHashMap<String, List<BreakerOutcomes.Report>>();
    for (Kept kept = queue.poll(); kept != null; kept = queue.poll()) {
      size.decrementAndGet();
      taken.computeIfAbsent(kept.service(), service -> new ArrayList<>()).add(kept.report());
    }
    return taken;
  }
}
