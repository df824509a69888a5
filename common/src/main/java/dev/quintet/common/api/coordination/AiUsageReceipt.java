package dev.quintet.common.api.coordination;

/**
 * What became of the records; the two add up to their number.
 *
 * @param duplicates whose request_id was known
 */
public record AiUsageReceipt(int accepted, int duplicates) {}
