/**
 * Break glass: local accounts log in by password while Keycloak is away, if that is switched on.
 */
@NullMarked
package dev.quintet.autoscaler.login;

import org.jspecify.annotations.NullMarked;
