/**
 * Who may use the dashboard, and what for: accounts follow Keycloak, and an administrator's word
 * rules over it.
 */
@NullMarked
package dev.quintet.autoscaler.user;

import org.jspecify.annotations.NullMarked;
