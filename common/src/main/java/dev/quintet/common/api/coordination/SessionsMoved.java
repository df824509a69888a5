package dev.quintet.common.api.coordination;

/**
 * @param moved how many this request moved; repeated, it moves those that came meanwhile
 */
public record SessionsMoved(long moved) {}
