package dev.quintet.common.api.tracker;

import java.util.List;

/** How many rows went, and whose: each {@code instance/cluster}. */
public record CleanupReply(int cleanedCount, List<String> affectedInstances) {}
