package dev.quintet.common.startup;

import dev.quintet.common.sql.Outages;
import dev.quintet.common.sql.Statements;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigUtils;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jboss.logging.Logger;

/**
 * In production a service refuses to start with what is meant for development. Each refusal names
 * the switch that allows it all the same, for the rare cluster where that is right.
 */
@ApplicationScoped
public class ProductionGuard {
  private static final Logger LOG = Logger.getLogger(ProductionGuard.class);

  /** One row: may this session do more than a service should? */
  private static final String PRIVILEGED =
      """
      SELECT r.rolsuper OR r.rolbypassrls
             OR EXISTS (SELECT FROM pg_namespace n
                         WHERE n.nspname = $1 AND pg_has_role(current_user, n.nspowner, 'MEMBER')) AS privileged
        FROM pg_roles r WHERE r.rolname = current_user
      """;

  private static final Set<String> DEVELOPMENT_SECRETS =
      Set.of(
          "owner-dev",
          "tracker-dev",
          "autoscaler-dev",
          "coordination-dev",
          "trace-dev",
          "supervisor-dev",
          "quintet-dev",
          "quintet-services-dev");

  private final Statements statements;

  ProductionGuard(Statements statements) {
    this.statements = statements;
  }

  void atStart(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE - 1) StartupEvent start) {
    Config config = ConfigProvider.getConfig();
    if (!ConfigUtils.getProfiles().contains("prod")) {
      return;
    }
    List<String> refusals = refusals(config);
    if (!refusals.isEmpty()) {
      throw new IllegalStateException("not fit for production: " + String.join("; ", refusals));
    }
    if (!allowed(config, "privileged-datasource") && !migrates(config)) {
      checkSession(config.getValue("quintet.schema", String.class));
    }
  }

  /** What the configuration alone tells. */
  static List<String> refusals(Config config) {
    var refusals = new java.util.ArrayList<String>();
    boolean developmentSecret =
        text(config, "quarkus.datasource.password").map(DEVELOPMENT_SECRETS::contains).orElse(false)
            || text(config, "quarkus.oidc.credentials.secret")
                .map(DEVELOPMENT_SECRETS::contains)
                .orElse(false)
            || (migrates(config)
                && text(config, "quintet.owner.password")
                    .map(DEVELOPMENT_SECRETS::contains)
                    .orElse(false));
    if (developmentSecret && !allowed(config, "development-secrets")) {
      refusals.add(
          "a password is the development one (QUINTET_ALLOW_DEVELOPMENT_SECRETS=true allows it)");
    }
    boolean plain =
        text(config, "quintet.oidc.issuer")
            .map(issuer -> !issuer.startsWith("https://"))
            .orElse(true);
    if (plain && !allowed(config, "plain-http-issuer")) {
      refusals.add(
          "the token issuer is not https (QUINTET_ALLOW_PLAIN_HTTP_ISSUER=true allows it)");
    }
    boolean privileged =
        text(config, "quarkus.datasource.username")
            .map(user ->
                user.equals("postgres")
                    || user.equals(text(config, "quintet.owner.username").orElse("")))
            .orElse(true);
    if (privileged && !allowed(config, "privileged-datasource")) {
      refusals.add(
          "the data source is the owner's or a superuser's (QUINTET_ALLOW_PRIVILEGED_DATASOURCE=true allows it)");
    }
    return refusals;
  }

  /**
   * The server knows what a name does not tell. It may be away at this moment, and a service must
   * start without it, so the question is asked until it is answered.
   */
  private void checkSession(String schema) {
    Uni<Boolean> privileged =
        statements
            .run(PRIVILEGED, io.vertx.mutiny.sqlclient.Tuple.of(schema))
            .map(rows -> rows.iterator().next().getBoolean("privileged"));
    var unused =
        privileged
            .onFailure(Outages::isOutage)
            .retry()
            .withBackOff(Duration.ofSeconds(1), Duration.ofSeconds(30))
            .indefinitely()
            .subscribe()
            .with(
                yes -> {
                  if (yes) {
                    LOG.fatal(
                        "event=refused_to_run reason=privileged_datasource override=QUINTET_ALLOW_PRIVILEGED_DATASOURCE");
                    Quarkus.asyncExit(1);
                  }
                },
                failure -> LOG.error("event=datasource_check_failed", failure));
  }

  private static boolean migrates(Config config) {
    return config.getOptionalValue("quintet.migrate-at-start", Boolean.class).orElse(false);
  }

  private static boolean allowed(Config config, String what) {
    return config.getOptionalValue("quintet.allow." + what, Boolean.class).orElse(false);
  }

  private static java.util.Optional<String> text(Config config, String name) {
    return config.getOptionalValue(name, String.class);
  }
}
