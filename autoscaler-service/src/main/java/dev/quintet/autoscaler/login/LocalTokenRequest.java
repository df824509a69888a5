package dev.quintet.autoscaler.login;

import io.quarkus.security.identity.request.BaseAuthenticationRequest;

/** Somebody shows a token that says it was signed here. */
final class LocalTokenRequest extends BaseAuthenticationRequest {
  private final String token;

  LocalTokenRequest(String token) {
    this.token = token;
  }

  String token() {
    return token;
  }
}
