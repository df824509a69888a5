package dev.quintet.coordination.breaker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.api.coordination.BreakerOutcomes;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Objects;
import org.jboss.logging.Logger;

/** Figures of the breakers. Services are bounded in number and known to the database. */
@ApplicationScoped
class BreakerMetrics {
  private static final Logger LOG = Logger.getLogger(BreakerMetrics.class);

  private final MeterRegistry registry;
  private final ObjectMapper json;
  private final MultiGauge states;

  BreakerMetrics(MeterRegistry registry, ObjectMapper json) {
    this.registry = registry;
    this.json = json;
    states =
        MultiGauge.builder("coordination.breaker.state")
            .description("0 closed, 1 half-open, 2 open")
            .register(registry);
  }

  void show(List<StoredBreaker> breakers) {
    states.register(
        breakers.stream()
            .<MultiGauge.Row<?>>map(breaker ->
                MultiGauge.Row.of(
                    Tags.of("service", breaker.serviceName()),
                    switch (breaker.state()) {
                      case CLOSED -> 0;
                      case HALF_OPEN -> 1;
                      case OPEN -> 2;
                    }))
            .toList(),
        true);
  }

  /** A transition has been taken down, by whoever did it first or again. */
  void transition(String told) {
    JsonNode event;
    try {
      event = json.readTree(told);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("breaker.lua wrote no JSON", e);
    }
    String service = event.path("service_name").asText();
    String to = event.path("to_state").asText();
    registry
        .counter("coordination.breaker.transitions", "service", service, "to_state", to)
        .increment();
    LOG.infof(
        "event=breaker_changed service=%s from=%s to=%s version=%d cause=%s",
        service,
        event.path("from_state").asText(),
        to,
        event.path("version").asLong(),
        event.path("cause").asText());
  }

  void outcomes(String service, List<BreakerOutcomes.Report> reports) {
    for (var report : reports) {
      registry
          .counter(
              "coordination.breaker.outcomes",
              "service",
              service,
              "outcome",
              Objects.requireNonNull(report.outcome()).label())
          .increment();
    }
  }

  /** Outcomes that were lost as Redis was away for too long. */
  void dropped(int outcomes) {
    registry.counter("coordination.breaker.outcomes.dropped").increment(outcomes);
  }
}
