package dev.quintet.autoscaler.agent.oci;

import com.oracle.bmc.ClientConfiguration;
import com.oracle.bmc.ConfigFileReader;
import com.oracle.bmc.auth.BasicAuthenticationDetailsProvider;
import com.oracle.bmc.auth.ConfigFileAuthenticationDetailsProvider;
import com.oracle.bmc.auth.InstancePrincipalsAuthenticationDetailsProvider;
import com.oracle.bmc.common.RegionalClientBuilder;
import com.oracle.bmc.core.ComputeManagementClient;
import com.oracle.bmc.model.SdkRuntimeException;
import com.oracle.bmc.monitoring.MonitoringClient;
import com.oracle.bmc.retrier.RetryConfiguration;
import com.oracle.bmc.util.CircuitBreakerUtils;
import dev.quintet.autoscaler.agent.YamlText;
import dev.quintet.autoscaler.agent.pool.InstancePool;
import java.io.IOException;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Function;

/** Pools of one OCI region, as the section {@code oci} of the agent's file says. */
public final class OciCloud {

  private OciCloud() {}

  /** Signs in as the instance that the agent runs on, or as a profile of a configuration file. */
  public static Function<String, InstancePool> of(YamlText yaml, String region, Clock clock) {
    BasicAuthenticationDetailsProvider who =
        switch (yaml.text("auth").orElse("instance_principal")) {
          case "instance_principal" -> instancePrincipal(yaml);
          case "config_file" -> profile(yaml);
          default -> throw yaml.wrong("auth", "must be instance_principal or config_file");
        };
    try {
      return of(
          who,
          yaml.text("region").orElse(region),
          yaml.text("compute_endpoint"),
          yaml.text("monitoring_endpoint"),
          clock);
    } catch (IllegalArgumentException | SdkRuntimeException e) {
      throw yaml.wrong("auth", "does not work: " + e.getMessage());
    }
  }

  private static BasicAuthenticationDetailsProvider instancePrincipal(YamlText yaml) {
    try {
      return InstancePrincipalsAuthenticationDetailsProvider.builder().build();
    } catch (RuntimeException e) {
      throw yaml.wrong(
          "auth", "instance_principal works only on an instance of OCI: " + e.getMessage());
    }
  }

  private static BasicAuthenticationDetailsProvider profile(YamlText yaml) {
    String name = yaml.text("profile").orElse("DEFAULT");
    try {
      return new ConfigFileAuthenticationDetailsProvider(
          yaml.text("config_file").isPresent()
              ? ConfigFileReader.parse(yaml.required("config_file"), name)
              : ConfigFileReader.parseDefault(name));
    } catch (IOException | IllegalArgumentException e) {
      throw yaml.wrong("profile", "cannot be read: " + e.getMessage());
    }
  }

  static Function<String, InstancePool> of(
      BasicAuthenticationDetailsProvider who,
      String region,
      Optional<String> computeEndpoint,
      Optional<String> monitoringEndpoint,
      Clock clock) {
    ComputeManagementClient compute =
        at(ComputeManagementClient.builder(), region, computeEndpoint).build(who);
    MonitoringClient monitoring =
        at(MonitoringClient.builder(), region, monitoringEndpoint).build(who);
    return id -> new OciPool(compute, monitoring, id, clock);
  }

  /** The agent tries again by its own rules, so the SDK must not; and it must not hang. */
  private static <B extends RegionalClientBuilder<B, C>, C> B at(
      B builder, String region, Optional<String> endpoint) {
    builder.configuration(
        ClientConfiguration.builder()
            .connectionTimeoutMillis(2_000)
            .readTimeoutMillis(4_000)
            .retryConfiguration(RetryConfiguration.NO_RETRY_CONFIGURATION)
            .circuitBreakerConfiguration(CircuitBreakerUtils.getNoCircuitBreakerConfiguration())
            .build());
    return endpoint.isPresent() ? builder.endpoint(endpoint.get()) : builder.region(region);
  }
}
