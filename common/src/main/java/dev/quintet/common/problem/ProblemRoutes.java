package dev.quintet.common.problem;

import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.URI;
import java.net.URISyntaxException;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Problems of requests that never reach a resource: too large, not decodable, addressed to nothing.
 */
@ApplicationScoped
public class ProblemRoutes {
  /** Before Quarkus's own limit, which ends the connection without a document. */
  private static final int FIRST = 10_000;

  private final ProblemDocuments documents;
  private final long largestBody;

  ProblemRoutes(
      ProblemDocuments documents,
      @ConfigProperty(name = "quintet.http.largest-body") MemorySize largest) {
    this.documents = documents;
    this.largestBody = largest.asLongValue();
  }

  void register(@Observes Filters filters) {
    filters.register(this::admit, FIRST);
  }

  void register(@Observes Router router) {
    for (CommonProblem type : CommonProblem.values()) {
      // Several types share 400, 422 and 503: a status without an exception means the first of
      // them.
      if (CommonProblem.ofStatus(type.status()).orElseThrow() == type) {
        router.errorHandler(
            type.status(), request -> documents.end(request, new ProblemException(type)));
      }
    }
    router.errorHandler(
        400,
        request -> documents.end(request, new ProblemException(CommonProblem.MALFORMED_REQUEST)));
  }

  private void admit(RoutingContext request) {
    String uri = request.request().uri();
    if (announcedLength(request) > largestBody) {
      documents.end(
          request,
          new ProblemException(CommonProblem.PAYLOAD_TOO_LARGE).with("limit_bytes", largestBody));
    } else if (uri.indexOf('%') >= 0 && !decodable(uri)) {
      documents.end(
          request,
          new ProblemException(
              CommonProblem.MALFORMED_REQUEST, "the address is not percent-encoded UTF-8"));
    } else if (!isUri(uri)) {
      documents.end(
          request,
          new ProblemException(
              CommonProblem.MALFORMED_REQUEST,
              "the address holds what must be percent-encoded, or is no address"));
    } else if (uri.contains("%00")) {
      documents.end(
          request,
          new ProblemException(CommonProblem.INVALID_PARAMETER, "the address holds U+0000"));
    } else {
      request.next();
    }
  }

  private static long announcedLength(RoutingContext request) {
    String length = request.request().getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return length == null ? 0 : Long.parseLong(length);
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  private static boolean isUri(String address) {
    try {
      var unused = new URI(address);
      return true;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private static boolean decodable(String uri) {
    try {
      var bytes = new java.io.ByteArrayOutputStream(uri.length());
      for (int i = 0; i < uri.length(); i++) {
        if (uri.charAt(i) == '%') {
          bytes.write(Integer.parseInt(uri, i + 1, i + 3, 16));
          i += 2;
        } else {
          bytes.write(uri.charAt(i));
        }
      }
      var unused =
          java.nio.charset.StandardCharsets.UTF_8
              .newDecoder()
              .decode(java.nio.ByteBuffer.wrap(bytes.toByteArray()));
      return true;
    } catch (java.nio.charset.CharacterCodingException
        | IndexOutOfBoundsException
        | NumberFormatException e) {
      return false;
    }
  }
}
