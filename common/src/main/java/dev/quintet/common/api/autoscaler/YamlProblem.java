package dev.quintet.common.api.autoscaler;

/**
 * One thing about a configuration's text, at its place.
 *
 * @param line from 1
 * @param column from 1
 * @param rule short name of what it offends, such as duplicate_key
 * @param path of the value in the configuration, such as pools[0].name; empty for the whole
 */
public record YamlProblem(int line, int column, String rule, String path, String detail) {}
