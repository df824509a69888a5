package dev.quintet.common.api.autoscaler;

import org.jspecify.annotations.Nullable;

/**
 * Who calls.
 *
 * @param role USER, DEVOPS, ADMIN or SERVICE
 * @param name of the person, by email, or of the client
 * @param user null: a service, which has no account
 */
public record Me(String name, String role, @Nullable User user) {}
