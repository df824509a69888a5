package dev.quintet.coordination.redis;

import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.health.api.HealthGroup;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.regex.Pattern;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Redis away is a detail, {@code state: DEGRADED}, and no reason to close the door: every feature
 * has an answer without it. A Redis that may evict keys without a time to live is one, since it
 * would silently forget breakers and keys.
 */
@ApplicationScoped
@Readiness
@HealthGroup("dependencies")
public class RedisHealth implements AsyncHealthCheck {
  private static final Pattern POLICY =
      Pattern.compile("^maxmemory_policy:(\\S+)", Pattern.MULTILINE);

  private final RedisStore redis;

  RedisHealth(RedisStore redis) {
    this.redis = redis;
  }

  @Override
  public Uni<HealthCheckResponse> call() {
    // INFO, as managed servers often refuse CONFIG GET.
    return redis
        .send(Command.INFO, "memory")
        .map(RedisHealth::judged)
        .onFailure()
        .recoverWithItem(
            () -> HealthCheckResponse.named("redis").up().withData("state", "DEGRADED").build());
  }

  private static HealthCheckResponse judged(Response memory) {
    var found = POLICY.matcher(memory.toString());
    String policy = found.find() ? found.group(1) : "unknown";
    boolean evictsAnything = policy.startsWith("allkeys-");
    var health =
        HealthCheckResponse.named("redis")
            .status(!evictsAnything)
            .withData("state", evictsAnything ? "REFUSED" : "UP")
            .withData("maxmemory_policy", policy);
    return evictsAnything
        ? health
            .withData(
                "reason",
                "maxmemory-policy "
                    + policy
                    + " evicts keys that must stay; use volatile-lru or noeviction")
            .build()
        : health.build();
  }
}
