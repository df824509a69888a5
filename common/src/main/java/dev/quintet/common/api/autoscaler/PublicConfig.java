package dev.quintet.common.api.autoscaler;

/**
 * What a dashboard must know before anybody has logged in.
 *
 * @param keycloakUrl without the realm
 * @param localLogin POST /auth/login is switched on
 */
public record PublicConfig(String keycloakUrl, String realm, String clientId, boolean localLogin) {}
