package dev.quintet.common.api.coordination;

/**
 * What a report led to.
 *
 * @param slotOut whether the slot is not leased for a while
 */
public record ApiKeyReported(boolean slotOut) {}
