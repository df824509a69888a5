package dev.quintet.tracker.metric;

import dev.quintet.common.wakeup.Wakeups;
import dev.quintet.tracker.metric.FigureQueries.Figures;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts what this replica answers, and shows what the database held when it was last read.
 *
 * <p>Tags are bounded: a cluster's name only after the database has confirmed that the cluster
 * exists, a denial's code from our own enums. Names that callers make up never become series.
 */
@ApplicationScoped
public class TrackerMetrics {
  private final MeterRegistry registry;
  private final AtomicInteger streams = new AtomicInteger();

  private final MultiGauge leases;
  private final MultiGauge instances;
  private final MultiGauge guilds;
  private final MultiGauge budget;

  TrackerMetrics(MeterRegistry registry, Wakeups wakeups) {
    this.registry = registry;
    leases =
        MultiGauge.builder("tracker.leases")
            .description(
                "Shards of the serving layout by state: live, expired (held, not renewed), free")
            .register(registry);
    instances =
        MultiGauge.builder("tracker.instances")
            .description("Bot processes by state; standby ones wait for a shard")
            .register(registry);
    guilds =
        MultiGauge.builder("tracker.guilds")
            .description("Guilds that the pods reported for the serving layout")
            .register(registry);
    budget =
        MultiGauge.builder("tracker.identify.remaining")
            .description("Identifies that the application may still spend until Discord's reset")
            .register(registry);
    Gauge.builder("tracker.event.streams", streams, AtomicInteger::get)
        .description("Readers of GET /events/stream on this replica")
        .register(registry);
    Gauge.builder("tracker.wakeup.waiting", wakeups, Wakeups::waiting)
        .description("Long polls and streams that wait for a notification on this replica")
        .register(registry);
    Gauge.builder("tracker.wakeup.listening", wakeups, w -> w.listening() ? 1 : 0)
        .description("1 while the replica hears notifications, 0 while it only polls")
        .register(registry);
  }

  /** Shards given to an instance of a cluster that exists. */
  public void granted(String cluster, int shards) {
    registry.counter("tracker.grants", "cluster", cluster).increment(shards);
  }

  /** Shards given back. */
  public void released(String cluster, int shards) {
    registry.counter("tracker.releases", "cluster", cluster).increment(shards);
  }

  /** A call refused for a reason of the tracker's: the problem's code. */
  public void denied(String code) {
    registry.counter("tracker.denials", "code", code).increment();
  }

  /** An identify slot was reserved, this long from now. Not for repeats. */
  public void permitted(String cluster, Duration wait) {
    Timer.builder("tracker.identify.permits")
        .description("Identify slots reserved, by how long their holders wait for them")
        .tag("cluster", cluster)
        .serviceLevelObjectives(
            Duration.ofMillis(1),
            Duration.ofSeconds(5),
            Duration.ofSeconds(15),
            Duration.ofSeconds(30))
        .register(registry)
        .record(wait);
  }

  public void streamOpened() {
    streams.incrementAndGet();
  }

  public void streamClosed() {
    streams.decrementAndGet();
  }

  public int openStreams() {
    return streams.get();
  }

  /** Replaces the figures of all clusters; without any they are not shown, rather than stale. */
  void show(Figures figures) {
    leases.register(
        figures.clusters().stream()
            .flatMap(c ->
                List.of(
                    row(c.live(), "cluster", c.clusterName(), "state", "live"),
                    row(c.expired(), "cluster", c.clusterName(), "state", "expired"),
                    row(c.free(), "cluster", c.clusterName(), "state", "free"))
                    .stream())
            .toList(),
        true);
    instances.register(
        figures.clusters().stream()
            .flatMap(c ->
                List.of(
                    row(c.active(), "cluster", c.clusterName(), "state", "active"),
                    row(c.standby(), "cluster", c.clusterName(), "state", "standby"),
                    row(c.draining(), "cluster", c.clusterName(), "state", "draining"))
                    .stream())
            .toList(),
        true);
    guilds.register(
        figures.clusters().stream().map(c -> row(c.guilds(), "cluster", c.clusterName())).toList(),
        true);
    budget.register(
        figures.applications().stream()
            .map(a -> row(a.remaining(), "application", a.applicationId()))
            .toList(),
        true);
  }

  private static MultiGauge.Row<Number> row(long value, String... tags) {
    return MultiGauge.Row.of(Tags.of(tags), value);
  }
}
