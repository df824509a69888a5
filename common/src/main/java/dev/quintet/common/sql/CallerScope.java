package dev.quintet.common.sql;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quintet.common.security.Caller;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Reads on behalf of a person: row level security sees the person, not the service. Both settings
 * end with the transaction, so nothing leaks through the pool to the next caller.
 */
@ApplicationScoped
public class CallerScope {
  /** $1 database role without any service's rights, $2 claims as JSON. */
  private static final String ACT_AS =
      "SELECT set_config('request.jwt.claims', $2, true), set_config('role', $1, true)";

  private final Statements statements;
  private final ObjectMapper json;

  CallerScope(Statements statements, ObjectMapper json) {
    this.statements = statements;
    this.json = json;
  }

  /**
   * {@code role}: one that is no member of a service's group role, or forgetting claims shows all
   * rows.
   */
  public <T> Uni<T> as(String role, Caller caller, Function<SqlConnection, Uni<T>> work) {
    String claims = claims(caller);
    return statements.together(
        tx -> tx.preparedQuery(ACT_AS).execute(Tuple.of(role, claims)).chain(() -> work.apply(tx)));
  }

  private String claims(Caller caller) {
    try {
      return json.writeValueAsString(
          Map.of(
              "sub", caller.subject(),
              "role", "authenticated",
              "realm_access", Map.of("roles", List.copyOf(caller.roles()))));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("claims of texts cannot be written", e);
    }
  }
}
