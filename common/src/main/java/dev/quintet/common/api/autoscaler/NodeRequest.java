package dev.quintet.common.api.autoscaler;

import dev.quintet.common.json.InvalidAs;
import dev.quintet.common.problem.Violations;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes a node. Spaces around the texts are dropped.
 *
 * @param region the cloud region it stands in, at most 100 characters
 */
public record NodeRequest(
    @InvalidAs("invalid_name") @Nullable String name,
    @InvalidAs("invalid_name") @Nullable String region,
    @InvalidAs("invalid_ip") @Nullable String ipAddress,
    @Nullable String description) {

  public NodeRequest {
    name = Texts.trimmed(name);
    region = Texts.trimmed(region);
    ipAddress = Texts.trimmed(ipAddress);
    description = Texts.trimmed(description);
    var violations = new Violations();
    Texts.requiredName(violations, name, Texts.NAME, "/name");
    Texts.requiredName(violations, region, Texts.REGION, "/region");
    Texts.address(violations, ipAddress, "/ip_address");
    Texts.prose(violations, description, Texts.DESCRIPTION, "/description");
    violations.orThrow();
  }

  public String name() {
    return Objects.requireNonNull(name);
  }

  public String region() {
    return Objects.requireNonNull(region);
  }
}
