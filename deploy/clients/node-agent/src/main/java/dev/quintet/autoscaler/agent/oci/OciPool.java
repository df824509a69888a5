package dev.quintet.autoscaler.agent.oci;

import com.oracle.bmc.core.ComputeManagementClient;
import com.oracle.bmc.core.model.InstancePool.LifecycleState;
import com.oracle.bmc.core.model.InstanceSummary;
import com.oracle.bmc.core.model.UpdateInstancePoolDetails;
import com.oracle.bmc.core.requests.GetInstancePoolRequest;
import com.oracle.bmc.core.requests.ListInstancePoolInstancesRequest;
import com.oracle.bmc.core.requests.UpdateInstancePoolRequest;
import com.oracle.bmc.core.responses.GetInstancePoolResponse;
import com.oracle.bmc.core.responses.ListInstancePoolInstancesResponse;
import com.oracle.bmc.model.BmcException;
import com.oracle.bmc.monitoring.MonitoringClient;
import com.oracle.bmc.monitoring.model.AggregatedDatapoint;
import com.oracle.bmc.monitoring.model.MetricData;
import com.oracle.bmc.monitoring.model.SummarizeMetricsDataDetails;
import com.oracle.bmc.monitoring.requests.SummarizeMetricsDataRequest;
import dev.quintet.autoscaler.agent.pool.InstancePool;
import dev.quintet.autoscaler.agent.pool.Look;
import dev.quintet.autoscaler.agent.pool.Observation;
import dev.quintet.autoscaler.agent.pool.Resized;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Date;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One instance pool of OCI. A size is set with the pool's etag, so never over somebody's change,
 * and with a retry token, by which OCI knows a repeat.
 */
final class OciPool implements InstancePool {

  /** OCI's compute agent measures once a minute; a point may come a minute or two late. */
  private static final Duration RECENT = Duration.ofMinutes(5);

  /** The SDK does not hand on Retry-After; this is over what OCI usually asks for. */
  private static final Duration THROTTLED = Duration.ofSeconds(10);

  private final ComputeManagementClient compute;
  private final MonitoringClient monitoring;
  private final String id;
  private final Clock clock;

  OciPool(ComputeManagementClient compute, MonitoringClient monitoring, String id, Clock clock) {
    this.compute = compute;
    this.monitoring = monitoring;
    this.id = id;
    this.clock = clock;
  }

  @Override
  public Look look() {
    try {
      GetInstancePoolResponse answer =
          compute.getInstancePool(GetInstancePoolRequest.builder().instancePoolId(id).build());
      var pool = answer.getInstancePool();
      if (pool.getLifecycleState() == LifecycleState.Terminated) {
        return new Look.Unseen("the pool is terminated");
      }
      int ready = ready(pool.getCompartmentId());
      return new Look.Seen(
          new Observation(
              pool.getSize(),
              ready,
              pool.getLifecycleState() == LifecycleState.Running,
              pool.getLifecycleState().getValue(),
              answer.getEtag(),
              load(pool.getCompartmentId())));
    } catch (BmcException e) {
      return new Look.Unseen(said(e));
    } catch (RuntimeException e) {
      // A key that does not sign, a token that cannot be had: the SDK has many kinds of it.
      return new Look.Unseen("OCI was not asked: " + firstLine(e.getMessage()));
    }
  }

  private int ready(String compartment) {
    int running = 0;
    String page = null;
    do {
      ListInstancePoolInstancesResponse answer =
          compute.listInstancePoolInstances(
              ListInstancePoolInstancesRequest.builder()
                  .compartmentId(compartment)
                  .instancePoolId(id)
                  .limit(100)
                  .page(page)
                  .build());
      for (InstanceSummary instance : answer.getItems()) {
        running += "running".equalsIgnoreCase(instance.getState()) ? 1 : 0;
      }
      page = answer.getOpcNextPage();
    } while (page != null);
    return running;
  }

  private Optional<Observation.Load> load(String compartment) {
    try {
      DoubleSummaryStatistics cpu = newest(compartment, "CpuUtilization");
      DoubleSummaryStatistics memory = newest(compartment, "MemoryUtilization");
      return cpu.getCount() == 0 || memory.getCount() == 0
          ? Optional.empty()
          : Optional.of(
              new Observation.Load(
                  cpu.getAverage(), cpu.getMax(), memory.getAverage(), memory.getMax()));
    } catch (BmcException e) {
      // The size is still worth knowing; a load that is not known is said to be so.
      return Optional.empty();
    }
  }

  /** The newest recent point of each instance. */
  private DoubleSummaryStatistics newest(String compartment, String metric) {
    Instant now = clock.instant();
    List<MetricData> series =
        monitoring
            .summarizeMetricsData(
                SummarizeMetricsDataRequest.builder()
                    .compartmentId(compartment)
                    .summarizeMetricsDataDetails(
                        SummarizeMetricsDataDetails.builder()
                            .namespace("oci_computeagent")
                            .query(metric + "[1m]{instancePoolId = \"" + id + "\"}.mean()")
                            .startTime(Date.from(now.minus(RECENT)))
                            .endTime(Date.from(now))
                            .build())
                    .build())
            .getItems();
    var values = new DoubleSummaryStatistics();
    for (MetricData one : series) {
      one.getAggregatedDatapoints().stream()
          .filter(point -> point.getValue() != null && Double.isFinite(point.getValue()))
          .max(Comparator.comparing(AggregatedDatapoint::getTimestamp))
          .ifPresent(point -> values.accept(point.getValue()));
    }
    return values;
  }

  @Override
  public Resized resize(int size, String version, String token) {
    try {
      var unused =
          compute.updateInstancePool(
              UpdateInstancePoolRequest.builder()
                  .instancePoolId(id)
                  .ifMatch(version)
                  .opcRetryToken(token)
                  .updateInstancePoolDetails(UpdateInstancePoolDetails.builder().size(size).build())
                  .build());
      return new Resized.Accepted();
    } catch (BmcException e) {
      return switch (e.getStatusCode()) {
        case 412 -> new Resized.Changed();
        case 409 -> new Resized.NotNow(said(e), Duration.ZERO);
        case 429 -> new Resized.NotNow(said(e), THROTTLED);
        case 400, 401, 403, 404 -> new Resized.Refused(said(e));
        // No answer, or a server's fault: it may have been done.
        default -> new Resized.Unknown(said(e));
      };
    } catch (RuntimeException e) {
      return new Resized.Unknown("OCI was perhaps not asked: " + firstLine(e.getMessage()));
    }
  }

  private static String said(BmcException e) {
    String message = firstLine(e.getUnmodifiedMessage());
    return e.isClientSide()
        ? "OCI did not answer: " + message
        : "OCI " + e.getStatusCode() + " " + e.getServiceCode() + ": " + message;
  }

  private static String firstLine(@Nullable String text) {
    return text == null ? "" : text.lines().findFirst().orElse("");
  }
}
