package dev.quintet.autoscaler.user;

import dev.quintet.common.api.autoscaler.User;

/** What a person's token leads to. */
sealed interface SignIn {
  record Welcome(User user) implements SignIn {}

  record Inactive(User user) implements SignIn {}

  /** Another account has the token's email; which of them is whose, only an administrator says. */
  record LinkRequired(String email) implements SignIn {}

  /** An administrator linked the two, but Keycloak has not proved that the address is his. */
  record Unverified(User user) implements SignIn {}
}
