package dev.quintet.autoscaler.login;

import dev.quintet.common.api.autoscaler.User;
import java.time.Duration;

/** How a try to log in ends. */
sealed interface LoginResult {
  record LoggedIn(User user, String token) implements LoginResult {}

  /** Only asked whether the password is right. */
  record Right() implements LoginResult {}

  /** Which of email and password was wrong is not told, nor whether there is such an account. */
  record Wrong() implements LoginResult {}

  /** Told only to who knows the password. */
  record Inactive() implements LoginResult {}

  record TooMany(Duration left) implements LoginResult {}
}
