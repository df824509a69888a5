package dev.quintet.common.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.security.Roles;
import dev.quintet.common.testing.Contract.Operation;
import io.restassured.RestAssured;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Every operation of a service's OpenAPI document, with every kind of wrong token and with each
 * role. A service's IT extends this; nothing has to be added when an operation is.
 */
public abstract class OpenApiSecurityContract {

  /** Open to anybody. Empty unless a service has a reason. */
  protected Set<String> open() {
    return Set.of();
  }

  /** Roles that no token gives but a key of the service's own kind. */
  protected Set<String> keyRoles() {
    return Set.of();
  }

  private static Contract contract() {
    return Contract.of("http://localhost:" + RestAssured.port);
  }

  @Test
  void everyOperationSaysWhoMayCallIt() {
    assertThat(contract().operations())
        .isNotEmpty()
        .filteredOn(operation -> !open().contains(operation.toString()))
        .allSatisfy(operation ->
            assertThat(operation.roles())
                .as(operation.toString())
                .isNotEmpty()
                .allMatch(role -> Roles.ALL.contains(role) || keyRoles().contains(role)));
  }

  @Test
  void noOperationAnswersToAWrongToken() {
    Contract contract = contract();
    Map<String, @Nullable String> wrong = new LinkedHashMap<>(Tokens.get().refused(Roles.ADMIN));
    wrong.put("none", null);
    List<String> answered = new ArrayList<>();
    for (Operation operation : contract.operations()) {
      if (open().contains(operation.toString())) {
        continue;
      }
      wrong.forEach((kind, token) -> {
        var reply = call(contract, operation, token);
        if (reply.status() != 401
            || !reply.isProblem()
            || !reply.code().equals("unauthenticated")) {
          answered.add(operation + " with token " + kind + ": " + reply);
        }
      });
    }
    assertThat(answered).isEmpty();
  }

  @Test
  void eachRoleReachesItsOperationsAndNoOther() {
    Contract contract = contract();
    List<String> unexpected = new ArrayList<>();
    for (Operation operation : contract.operations()) {
      if (open().contains(operation.toString())) {
        continue;
      }
      for (String role : Roles.ALL) {
        boolean may =
            Roles.withIncluded(Set.of(role)).stream().anyMatch(operation.roles()::contains);
        var reply = call(contract, operation, Tokens.get().of(role));
        boolean refused = reply.status() == 403 && reply.code().equals("forbidden");
        if (reply.status() == 401 || reply.status() >= 500 || refused == may) {
          unexpected.add(
              operation + " as " + role + (may ? ", who may" : ", who may not") + ": " + reply);
        }
      }
    }
    assertThat(unexpected).isEmpty();
  }

  /** Aimed at things that do not exist, so that nobody's right does harm. */
  private static Contract.Reply call(
      Contract contract, Operation operation, @Nullable String token) {
    var path = new LinkedHashMap<String, String>();
    operation
        .parameters("path")
        .forEach(parameter ->
            path.put(
                parameter.path("name").asText(),
                parameter.path("schema").path("type").asText().equals("integer") ? "1" : "nobody"));
    return contract.call(operation, token, path, "", operation.hasBody() ? "{}" : null);
  }
}
