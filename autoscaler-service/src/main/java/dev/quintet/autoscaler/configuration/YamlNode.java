package dev.quintet.autoscaler.configuration;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A value in YAML, with its scalars as they are written: YAML 1.1 would make 1320 of 22:00 and true
 * of yes. An alias is the very node that it names, so this may be no tree, but it has no circles.
 */
sealed interface YamlNode {
  Place place();

  /** How many nodes a walk meets, each alias counted as all that it stands for. */
  long size();

  /** From 1, both. */
  record Place(int line, int column) {}

  /**
   * @param plain without quotes, so that it may mean something else than its text
   */
  record Scalar(Place place, String text, boolean plain) implements YamlNode {
    private static final Set<String> NULLS = Set.of("", "~", "null", "Null", "NULL");

    boolean isNull() {
      return plain && NULLS.contains(text);
    }

    @Override
    public long size() {
      return 1;
    }
  }

  record Sequence(Place place, List<YamlNode> items, long size) implements YamlNode {}

  /**
   * @param entries in the order of the text
   */
  record Mapping(Place place, Map<String, Entry> entries, long size) implements YamlNode {}

  /**
   * @param place of the key
   */
  record Entry(Place place, YamlNode value) {}
}
