package dev.quintet.common.api.coordination;

/** How many sessions live now. */
public record SessionCount(long count) {}
