package dev.quintet.common.security;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Locale;

/**
 * Quarkus 3.34 takes a bearer apart at its dots and fails, with a 500, when there is nothing
 * between them ({@code Authorization: Bearer ..}). One that is refused like any other non-token
 * takes its place.
 */
@ApplicationScoped
public class EmptyBearers {
  private static final String BEARER = "bearer";
  private static final String NO_TOKEN = "Bearer none";

  /** Before authentication, which Quarkus runs at 200. */
  private static final int BEFORE_AUTHENTICATION = 250;

  void register(@Observes Filters filters) {
    filters.register(EmptyBearers::replace, BEFORE_AUTHENTICATION);
  }

  private static void replace(RoutingContext request) {
    var headers = request.request().headers();
    String header = headers.get(HttpHeaders.AUTHORIZATION);
    if (header != null && isEmptyBearer(header.strip())) {
      headers.set(HttpHeaders.AUTHORIZATION, NO_TOKEN);
    }
    request.next();
  }

  static boolean isEmptyBearer(String header) {
    return header.toLowerCase(Locale.ROOT).startsWith(BEARER)
        && header.substring(BEARER.length()).replace('.', ' ').isBlank();
  }
}
