package dev.quintet.tracker.jda;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import net.dv8tion.jda.api.exceptions.ParsingException;
import net.dv8tion.jda.api.utils.data.DataObject;
import org.jspecify.annotations.Nullable;

/** Where the bearer token for the tracker comes from. */
@FunctionalInterface
public interface AccessTokens {

  /**
   * A token that should be accepted now.
   *
   * @param refused the token that the tracker just answered with 401, so that it is not given again
   */
  String token(@Nullable String refused) throws IOException, InterruptedException;

  /** A service account of an OpenID Connect issuer such as Keycloak. */
  static AccessTokens clientCredentials(URI issuer, String clientId, String clientSecret) {
    return new ClientCredentials(issuer, clientId, clientSecret);
  }

  /** Asks again when a fifth of a token's life is left, so a slow issuer does not cost a beat. */
  final class ClientCredentials implements AccessTokens {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final HttpClient http =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(LIMIT).build();
    private final URI issuer;
    private final String form;
    private final ReentrantLock asking = new ReentrantLock();
    private @Nullable URI endpoint;
    private @Nullable String token;
    private long freshUntilNanos;

    private ClientCredentials(URI issuer, String clientId, String clientSecret) {
      this.issuer = issuer;
      this.form =
          "grant_type=client_credentials&client_id="
              + encode(clientId)
              + "&client_secret="
              + encode(clientSecret);
    }

    private static String encode(String value) {
      return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    @Override
    public String token(@Nullable String refused) throws IOException, InterruptedException {
      asking.lockInterruptibly();
      try {
        String known = token;
        if (known != null && !known.equals(refused) && freshUntilNanos - System.nanoTime() > 0) {
          return known;
        }
        long asked = System.nanoTime();
        DataObject grant =
            ask(
                HttpRequest.newBuilder(tokenEndpoint())
                    .header("content-type", "application/x-www-form-urlencoded")
                    .POST(HttpRequest.BodyPublishers.ofString(form)));
        String fresh = grant.getString("access_token");
        freshUntilNanos = asked + TimeUnit.SECONDS.toNanos(grant.getLong("expires_in", 60)) / 5 * 4;
        token = fresh;
        return fresh;
      } finally {
        asking.unlock();
      }
    }

    private URI tokenEndpoint() throws IOException, InterruptedException {
      URI known = endpoint;
      if (known == null) {
        DataObject discovery =
            ask(HttpRequest.newBuilder(URI.create(issuer + "/.well-known/openid-configuration")));
        known = URI.create(discovery.getString("token_endpoint"));
        endpoint = known;
      }
      return known;
    }

    private DataObject ask(HttpRequest.Builder request) throws IOException, InterruptedException {
      var response = http.send(request.timeout(LIMIT).build(), BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new IOException("token issuer answered " + response.statusCode());
      }
      try {
        return DataObject.fromJson(response.body());
      } catch (ParsingException e) {
        throw new IOException("token issuer answered no JSON", e);
      }
    }
  }
}
