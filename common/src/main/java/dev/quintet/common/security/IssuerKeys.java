package dev.quintet.common.security;

import io.quarkus.arc.Unremovable;
import io.quarkus.oidc.common.OidcEndpoint;
import io.quarkus.oidc.common.OidcRequestFilter;
import io.quarkus.oidc.common.OidcResponseFilter;
import io.vertx.core.VertxException;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.core.buffer.Buffer;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.util.concurrent.TimeoutException;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * The fetch of the issuer's keys ends in time, and a fetch that failed is told from a token that is
 * bad: without the keys nobody can say that it is.
 */
@ApplicationScoped
@Unremovable
@OidcEndpoint(OidcEndpoint.Type.JWKS)
public class IssuerKeys implements OidcRequestFilter, OidcResponseFilter {
  private final long deadlineMs;

  IssuerKeys(
      @ConfigProperty(name = "quintet.oidc.keys-deadline-ms", defaultValue = "2000")
          long deadlineMs) {
    this.deadlineMs = deadlineMs;
  }

  /** The issuer answered, but not with keys. */
  static final class NoKeysException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoKeysException(int status) {
      super("the issuer's keys were asked for and the answer was no key set, status " + status);
    }
  }

  @Override
  public void filter(OidcRequestFilter.OidcRequestContext fetch) {
    // Without it a fetch that nobody answers holds the caller's request for ever.
    var unused = fetch.request().timeout(deadlineMs);
  }

  @Override
  public void filter(OidcResponseFilter.OidcResponseContext fetched) {
    if (fetched.statusCode() != 200 || !isKeySet(fetched.responseBody())) {
      throw new NoKeysException(fetched.statusCode());
    }
  }

  private static boolean isKeySet(@Nullable Buffer body) {
    try {
      return body != null && new JsonObject(body.getDelegate()).containsKey("keys");
    } catch (DecodeException e) {
      return false;
    }
  }

  /** Whether a token was refused only because the issuer's keys could not be had. */
  public static boolean unavailable(Throwable refused) {
    for (Throwable t = refused; t != null; t = t.getCause()) {
      if (t instanceof NoKeysException
          || t instanceof VertxException
          || t instanceof IOException
          || t instanceof TimeoutException) {
        return true;
      }
    }
    return false;
  }
}
