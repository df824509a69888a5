package dev.quintet.autoscaler.user;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenPersonTest {
  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    "'',                        USER",
    "user,                      USER",
    "offline_access,            USER",
    "administrators,            USER",
    "devops,                    DEVOPS",
    "Dev-Ops,                   DEVOPS",
    "admin,                     ADMIN",
    "ADMINISTRATOR,             ADMIN",
    "user devops,               DEVOPS",
    "admin devops user,         ADMIN",
    "devops Admin,              ADMIN"
  })
  void theHighestRoleThatIsKnownCounts(String names, String role) {
    assertThat(TokenPerson.role(List.of(names.split(" ")))).isEqualTo(role);
  }
}
