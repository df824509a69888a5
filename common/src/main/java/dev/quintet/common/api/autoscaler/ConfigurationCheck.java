package dev.quintet.common.api.autoscaler;

import java.util.List;

/**
 * What would be said of a configuration.
 *
 * @param valid whether there are no errors; warnings do not count
 * @param configHash SHA-256 of its UTF-8 bytes, in hex
 */
public record ConfigurationCheck(
    boolean valid, List<YamlProblem> errors, List<YamlProblem> warnings, String configHash) {}
