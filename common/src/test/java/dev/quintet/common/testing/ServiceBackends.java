package dev.quintet.common.testing;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gives a service under test its own database and the shared Keycloak:
 * {@code @QuarkusTestResource(ServiceBackends.class)}. Fields of the test class of type {@link
 * Database} or {@link Tokens} are filled in.
 */
public final class ServiceBackends implements QuarkusTestResourceLifecycleManager {
  private @Nullable Database database;
  private String module = "service";

  @Override
  public void init(Map<String, String> arguments) {
    module = arguments.getOrDefault("module", module);
  }

  @Override
  public Map<String, String> start() {
    Backends backends = Backends.get();
    Database own = Database.create(module);
    database = own;
    var config = new LinkedHashMap<String, String>();
    config.put("quintet.pg.host", backends.pgHost());
    config.put("quintet.pg.port", Integer.toString(backends.pgPort()));
    config.put("quintet.pg.database", own.name());
    config.put("quintet.oidc.issuer", backends.issuer());
    return config;
  }

  @Override
  public void inject(TestInjector injector) {
    injector.injectIntoFields(
        database,
        field ->
            field.getType() == Database.class
                && !java.lang.reflect.Modifier.isFinal(field.getModifiers()));
    injector.injectIntoFields(
        Tokens.get(),
        field ->
            field.getType() == Tokens.class
                && !java.lang.reflect.Modifier.isFinal(field.getModifiers()));
  }

  @Override
  public void stop() {
    if (database != null) {
      database.close();
    }
  }
}
