package dev.quintet.common.testing;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gives a service under test its own database and the shared Keycloak:
 * {@code @QuarkusTestResource(ServiceBackends.class)}. Fields of the test class of type {@link
 * Database} or {@link Tokens} are filled in. All test classes of a module share the one database,
 * however often they name this class.
 */
public final class ServiceBackends implements QuarkusTestResourceLifecycleManager {
  private static @Nullable Database shared;
  private static int users;

  @Override
  public Map<String, String> start() {
    Backends backends = Backends.get();
    String database = take().name();
    var config = new LinkedHashMap<String, String>();
    config.put("quintet.pg.host", backends.pgHost());
    config.put("quintet.pg.port", Integer.toString(backends.pgPort()));
    config.put("quintet.pg.database", database);
    config.put("quintet.oidc.issuer", backends.issuer());
    config.put("quintet.redis.url", backends.redisUrl());
    return config;
  }

  private static synchronized Database take() {
    users++;
    if (shared == null) {
      shared = Database.create(module());
    }
    return shared;
  }

  private static synchronized void giveBack() {
    users--;
    if (users == 0 && shared != null) {
      shared.close();
      shared = null;
    }
  }

  /** The folder in which a module's tests run. */
  private static String module() {
    return String.valueOf(Path.of("").toAbsolutePath().getFileName()).replaceAll("[^a-z0-9]", "_");
  }

  @Override
  public void inject(TestInjector injector) {
    injector.injectIntoFields(
        shared,
        field -> field.getType() == Database.class && !Modifier.isFinal(field.getModifiers()));
    injector.injectIntoFields(
        Tokens.get(),
        field -> field.getType() == Tokens.class && !Modifier.isFinal(field.getModifiers()));
  }

  @Override
  public void stop() {
    giveBack();
  }
}
