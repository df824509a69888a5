package dev.quintet.autoscaler.login;

import dev.quintet.common.api.autoscaler.PublicConfig;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Where a dashboard sends people to log in. */
@Path("/api/v1")
@Tag(name = "auth")
public class PublicConfigResource {
  private static final String REALMS = "/realms/";

  private final PublicConfig config;

  PublicConfigResource(
      @ConfigProperty(name = "quintet.oidc.issuer") String issuer,
      @ConfigProperty(name = "quintet.autoscaler.dashboard-client", defaultValue = "dashboard")
          String client,
      LocalTokens tokens) {
    int cut = issuer.lastIndexOf(REALMS);
    this.config =
        new PublicConfig(
            cut < 0 ? issuer : issuer.substring(0, cut),
            cut < 0 ? "" : issuer.substring(cut + REALMS.length()),
            client,
            tokens.enabled());
  }

  @GET
  @Path("/config/public")
  @PermitAll
  @Operation(summary = "How to log in", description = "For anybody: nothing of it is secret.")
  public PublicConfig publicConfig() {
    return config;
  }
}
