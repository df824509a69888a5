package dev.quintet.common.api.coordination;

/**
 * @param removed false: it was over already
 */
public record SessionRemoved(boolean removed) {}
