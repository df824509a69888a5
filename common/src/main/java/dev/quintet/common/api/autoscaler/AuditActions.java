package dev.quintet.common.api.autoscaler;

import java.util.List;

/** A category and the actions that belong to it. */
public record AuditActions(String category, List<String> actions) {}
