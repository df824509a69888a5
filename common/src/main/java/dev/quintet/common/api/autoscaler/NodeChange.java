package dev.quintet.common.api.autoscaler;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.quintet.common.json.Given;
import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.Violations;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Changes what it names (a merge patch); null takes an address or a description away.
 *
 * @param status ACTIVE or INACTIVE; the others come by themselves
 * @param heartbeatIntervalSeconds 1 to 3600
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeChange(
    @InvalidAs("invalid_name") @Nullable String name,
    @InvalidAs("invalid_name") @Nullable String region,
    @InvalidAs("invalid_ip") @Schema(implementation = String.class, nullable = true)
        @Nullable Given<String> ipAddress,
    @Schema(implementation = String.class, nullable = true) @Nullable Given<String> description,
    @InvalidAs("invalid_status") @Nullable NodeStatus status,
    @Nullable Integer heartbeatIntervalSeconds,
    @Nullable Boolean allowPush) {

  public NodeChange {
    name = Texts.trimmed(name);
    region = Texts.trimmed(region);
    ipAddress = ipAddress == null ? null : Given.of(Texts.trimmed(ipAddress.value()));
    description = description == null ? null : Given.of(Texts.trimmed(description.value()));
    var violations = new Violations();
    Texts.name(violations, name, Texts.NAME, "/name");
    Texts.name(violations, region, Texts.REGION, "/region");
    Texts.address(violations, ipAddress == null ? null : ipAddress.value(), "/ip_address");
    Texts.prose(
        violations,
        description == null ? null : description.value(),
        Texts.DESCRIPTION,
        "/description");
    violations.check(
        status == null || status == NodeStatus.ACTIVE || status == NodeStatus.INACTIVE,
        AutoscalerProblem.INVALID_STATUS,
        "/status",
        "can be set to ACTIVE or INACTIVE by hand");
    violations.check(
        heartbeatIntervalSeconds == null
            || (heartbeatIntervalSeconds >= 1 && heartbeatIntervalSeconds <= 3600),
        CommonProblem.INVALID_VALUE,
        "/heartbeat_interval_seconds",
        "must be between 1 and 3600");
    violations.orThrow();
  }
}
