package dev.quintet.common.health;

import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.health.api.HealthGroup;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.mutiny.core.Vertx;
import io.vertx.mutiny.core.http.HttpClient;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** Whether the issuer's keys can be fetched. Known keys go on working while they cannot. */
@ApplicationScoped
@HealthGroup("dependencies")
public class IssuerHealth implements AsyncHealthCheck {
  private final HttpClient client;
  private final String keys;

  IssuerHealth(Vertx vertx, @ConfigProperty(name = "quintet.oidc.keys") String keys) {
    this.client = vertx.createHttpClient();
    this.keys = keys;
  }

  @Override
  public Uni<HealthCheckResponse> call() {
    return client
        .request(
            new RequestOptions().setMethod(HttpMethod.GET).setAbsoluteURI(keys).setTimeout(2_000))
        .chain(request -> request.send())
        .ifNoItem()
        .after(Duration.ofSeconds(2))
        .fail()
        .map(response ->
            HealthCheckResponse.named("token-issuer").status(response.statusCode() == 200).build())
        .onFailure()
        .recoverWithItem(() -> HealthCheckResponse.down("token-issuer"));
  }

  @PreDestroy
  void close() {
    client.closeAndForget();
  }
}
