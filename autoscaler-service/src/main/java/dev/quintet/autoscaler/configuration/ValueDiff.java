package dev.quintet.autoscaler.configuration;

import dev.quintet.autoscaler.configuration.YamlNode.Entry;
import dev.quintet.autoscaler.configuration.YamlNode.Mapping;
import dev.quintet.autoscaler.configuration.YamlNode.Scalar;
import dev.quintet.autoscaler.configuration.YamlNode.Sequence;
import dev.quintet.common.api.autoscaler.ConfigurationDiff.ValueChange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The values that differ, whatever lines they stand in. Items of a list are named by what names
 * them (a pool by its name), so that one put in front does not make all others differ.
 */
final class ValueDiff {
  private static final int MOST = 1_000;
  private static final int LONGEST = 100;
  private static final List<String> NAMES = List.of("name", "instance_pool_id");

  private ValueDiff() {}

  static List<ValueChange> changes(YamlNode from, YamlNode to) {
    var before = new LinkedHashMap<String, String>();
    var after = new LinkedHashMap<String, String>();
    flatten(from, "", before);
    flatten(to, "", after);
    var paths = new LinkedHashSet<>(before.keySet());
    paths.addAll(after.keySet());
    var changes = new ArrayList<ValueChange>();
    for (String path : paths) {
      String was = before.get(path);
      String is = after.get(path);
      if ((was == null || !was.equals(is)) && changes.size() < MOST) {
        changes.add(new ValueChange(path, was, is));
      }
    }
    return changes;
  }

  private static void flatten(YamlNode node, String path, Map<String, String> into) {
    switch (node) {
      case Scalar scalar -> into.put(path, scalar.text());
      case Mapping map -> {
        if (map.entries().isEmpty()) {
          into.put(path, "{}");
        }
        map.entries()
            .forEach((key, entry) ->
                flatten(entry.value(), (path.isEmpty() ? "" : path + ".") + cut(key), into));
      }
      case Sequence list -> {
        if (list.items().isEmpty()) {
          into.put(path, "[]");
        }
        var labels = labels(list);
        for (int i = 0; i < list.items().size(); i++) {
          flatten(list.items().get(i), path + "[" + cut(labels.get(i)) + "]", into);
        }
      }
    }
  }

  /** By the first of the names that all items have, each another; else by number. */
  private static List<String> labels(Sequence list) {
    for (String name : NAMES) {
      var labels = list.items().stream().map(item -> named(item, name)).toList();
      if (labels.stream().noneMatch(String::isEmpty)
          && labels.stream().distinct().count() == labels.size()) {
        return labels;
      }
    }
    var numbers = new ArrayList<String>();
    for (int i = 0; i < list.items().size(); i++) {
      numbers.add(Integer.toString(i));
    }
    return numbers;
  }

  /** A long key would stand again in the path of each of its values. */
  private static String cut(String name) {
    return name.length() > LONGEST ? name.substring(0, LONGEST) + "…" : name;
  }

  private static String named(YamlNode item, String name) {
    @Nullable Entry entry = item instanceof Mapping map ? map.entries().get(name) : null;
    return entry != null && entry.value() instanceof Scalar scalar ? scalar.text() : "";
  }
}
