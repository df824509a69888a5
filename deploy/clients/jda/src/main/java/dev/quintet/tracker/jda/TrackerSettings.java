package dev.quintet.tracker.jda;

import java.net.URI;
import java.util.Map;
import net.dv8tion.jda.api.JDAInfo;
import net.dv8tion.jda.api.requests.RestConfig;
import org.jspecify.annotations.Nullable;

/**
 * Who this process is and what it wants of the tracker.
 *
 * @param podUid the same for every process of one pod: lets a restarted container have its shards
 *     back at once
 * @param want shards to hold; with {@code standby} the process waits in line for what is missing
 * @param maxShards up to this many when the tracker offers shards of others
 * @param generation {@code serving}, or {@code next} for a process that prepares a reshard
 * @param adoptSessions continue sessions of other processes by RESUME; see {@link TrackedShards}
 * @param fencing what to do while the tracker cannot be reached; null: as the cluster is set
 * @param discordApi base of Discord's REST API with its version, ending in a slash
 * @param gatewayUrl Discord's gateway, when it should not be asked for
 * @param applicationId Discord's application; asked for when null
 * @param compress take the gateway's zlib stream
 */
public record TrackerSettings(
    URI tracker,
    AccessTokens tokens,
    String cluster,
    String instanceId,
    @Nullable String podUid,
    int want,
    int maxShards,
    boolean standby,
    String generation,
    boolean adoptSessions,
    @Nullable Fencing fencing,
    URI discordApi,
    @Nullable String gatewayUrl,
    @Nullable String applicationId,
    boolean compress,
    Pod pod) {

  public static final URI DISCORD_API = URI.create(RestConfig.DEFAULT_BASE_URL);

  /** Strict stops a shard at its deadline; available goes on until the tracker says it is lost. */
  public enum Fencing {
    STRICT,
    AVAILABLE
  }

  /** What the dashboard shows about the pod. */
  public record Pod(
      @Nullable String hostname,
      @Nullable String podIp,
      @Nullable String nodeName,
      @Nullable String namespace,
      @Nullable String zone,
      @Nullable String botVersion,
      @Nullable String deploymentVersion) {}

  public TrackerSettings {
    if (want < 1 || maxShards < want) {
      throw new IllegalArgumentException("want " + want + " does not fit 1.." + maxShards);
    }
  }

  public static Builder builder(URI tracker, String cluster, String instanceId) {
    return new Builder(tracker, cluster, instanceId);
  }

  /**
   * From the usual variables of a pod: {@code TRACKER_URL}, {@code OIDC_ISSUER}, {@code
   * OIDC_CLIENT_ID}, {@code OIDC_CLIENT_SECRET}, {@code QUINTET_CLUSTER}, {@code INSTANCE_ID} (else
   * {@code HOSTNAME}), and optionally {@code POD_UID}, {@code WANT}, {@code MAX_SHARDS}, {@code
   * GENERATION}, {@code ADOPT_SESSIONS}, {@code DISCORD_API} (without version), {@code
   * GATEWAY_URL}, {@code APPLICATION_ID}, {@code POD_IP}, {@code NODE_NAME}, {@code NAMESPACE},
   * {@code ZONE}, {@code BOT_VERSION}, {@code DEPLOYMENT_VERSION}.
   */
  public static TrackerSettings fromEnvironment(Map<String, String> env) {
    String host = env.get("HOSTNAME");
    String instance = env.getOrDefault("INSTANCE_ID", host == null ? "" : host);
    int want = Integer.parseInt(env.getOrDefault("WANT", "1"));
    return builder(
            URI.create(required(env, "TRACKER_URL")), required(env, "QUINTET_CLUSTER"), instance)
        .tokens(
            AccessTokens.clientCredentials(
                URI.create(required(env, "OIDC_ISSUER")),
                required(env, "OIDC_CLIENT_ID"),
                required(env, "OIDC_CLIENT_SECRET")))
        .podUid(env.get("POD_UID"))
        .want(want)
        .maxShards(Integer.parseInt(env.getOrDefault("MAX_SHARDS", String.valueOf(want))))
        .generation(env.getOrDefault("GENERATION", "serving"))
        .adoptSessions(Boolean.parseBoolean(env.getOrDefault("ADOPT_SESSIONS", "false")))
        .discordApi(
            env.containsKey("DISCORD_API")
                ? URI.create(env.get("DISCORD_API") + "/v" + JDAInfo.DISCORD_REST_VERSION + "/")
                : DISCORD_API)
        .gatewayUrl(env.get("GATEWAY_URL"))
        .applicationId(env.get("APPLICATION_ID"))
        .pod(
            new Pod(
                host,
                env.get("POD_IP"),
                env.get("NODE_NAME"),
                env.get("NAMESPACE"),
                env.get("ZONE"),
                env.get("BOT_VERSION"),
                env.get("DEPLOYMENT_VERSION")))
        .build();
  }

  private static String required(Map<String, String> env, String name) {
    String value = env.get(name);
    if (value == null || value.isBlank()) {
      throw new IllegalArgumentException(name + " is not set");
    }
    return value;
  }

  /** Everything but the address and the name has a default. */
  public static final class Builder {
    private final URI tracker;
    private final String cluster;
    private final String instanceId;
    private @Nullable AccessTokens tokens;
    private @Nullable String podUid;
    private int want = 1;
    private int maxShards = 1;
    private boolean standby = true;
    private String generation = "serving";
    private boolean adoptSessions;
    private @Nullable Fencing fencing;
    private URI discordApi = DISCORD_API;
    private @Nullable String gatewayUrl;
    private @Nullable String applicationId;
    private boolean compress = true;
    private Pod pod = new Pod(null, null, null, null, null, null, null);

    private Builder(URI tracker, String cluster, String instanceId) {
      this.tracker = tracker;
      this.cluster = cluster;
      this.instanceId = instanceId;
    }

    public Builder tokens(AccessTokens value) {
      tokens = value;
      return this;
    }

    public Builder podUid(@Nullable String value) {
      podUid = value;
      return this;
    }

    public Builder want(int value) {
      want = value;
      maxShards = Math.max(maxShards, value);
      return this;
    }

    public Builder maxShards(int value) {
      maxShards = value;
      return this;
    }

    public Builder standby(boolean value) {
      standby = value;
      return this;
    }

    public Builder generation(String value) {
      generation = value;
      return this;
    }

    public Builder adoptSessions(boolean value) {
      adoptSessions = value;
      return this;
    }

    public Builder fencing(Fencing value) {
      fencing = value;
      return this;
    }

    public Builder discordApi(URI value) {
      discordApi = value;
      return this;
    }

    public Builder gatewayUrl(@Nullable String value) {
      gatewayUrl = value;
      return this;
    }

    public Builder applicationId(@Nullable String value) {
      applicationId = value;
      return this;
    }

    public Builder compress(boolean value) {
      compress = value;
      return this;
    }

    public Builder pod(Pod value) {
      pod = value;
      return this;
    }

    public TrackerSettings build() {
      if (tokens == null) {
        throw new IllegalArgumentException("the tracker wants a token: call tokens(…)");
      }
      return new TrackerSettings(
          tracker,
          tokens,
          cluster,
          instanceId,
          podUid,
          want,
          maxShards,
          standby,
          generation,
          adoptSessions,
          fencing,
          discordApi,
          gatewayUrl,
          applicationId,
          compress,
          pod);
    }
  }
}
