package dev.quintet.tracker.postgrest;

import io.quarkus.security.identity.request.BaseAuthenticationRequest;

/** Somebody shows a key that may be one of the configured ones. */
final class ApiKeyRequest extends BaseAuthenticationRequest {
  private final String key;

  ApiKeyRequest(String key) {
    this.key = key;
  }

  String key() {
    return key;
  }
}
