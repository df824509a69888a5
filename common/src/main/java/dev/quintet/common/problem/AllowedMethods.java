package dev.quintet.common.problem;

import io.quarkus.resteasy.reactive.server.runtime.ResteasyReactiveRecorder;
import java.util.Set;
import java.util.TreeSet;
import org.jboss.resteasy.reactive.server.handlers.ClassRoutingHandler;
import org.jboss.resteasy.reactive.server.mapping.RequestMapper;

/**
 * The methods that an address knows, for the {@code Allow} of a 405, which the REST layer leaves
 * out. They are read from its own routing table, so there is no second list to keep.
 */
public final class AllowedMethods {
  private AllowedMethods() {}

  /** In the order of the alphabet; empty for an address that no resource knows. */
  public static Set<String> of(String path) {
    var allowed = new TreeSet<String>();
    var roots =
        new RequestMapper<>(ResteasyReactiveRecorder.getCurrentDeployment().getClassMappers());
    for (var root = roots.map(path); root != null; root = roots.continueMatching(path, root)) {
      String rest = root.remaining.isEmpty() ? "/" : root.remaining;
      for (var handler : root.value.handlers) {
        if (handler instanceof ClassRoutingHandler routing) {
          routing
              .getMappers()
              .forEach((method, resources) -> {
                if (method != null && resources.map(rest) != null) {
                  allowed.add(method);
                }
              });
        }
      }
    }
    if (allowed.contains("GET")) {
      allowed.add("HEAD");
    }
    if (!allowed.isEmpty()) {
      allowed.add("OPTIONS");
    }
    return allowed;
  }
}
