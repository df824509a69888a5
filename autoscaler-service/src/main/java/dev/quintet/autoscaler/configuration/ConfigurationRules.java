package dev.quintet.autoscaler.configuration;

import dev.quintet.autoscaler.configuration.YamlNode.Entry;
import dev.quintet.autoscaler.configuration.YamlNode.Mapping;
import dev.quintet.autoscaler.configuration.YamlNode.Place;
import dev.quintet.autoscaler.configuration.YamlNode.Scalar;
import dev.quintet.autoscaler.configuration.YamlNode.Sequence;
import dev.quintet.common.api.autoscaler.YamlProblem;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What may stand in a configuration. All errors are found, not the first only; keys that nobody
 * knows are warnings, since agents may know more than we do, but a misspelt limit must be seen.
 */
final class ConfigurationRules {
  static final int MOST_PROBLEMS = 100;
  static final int LARGEST_POOL = 1000;

  private static final Set<String> TOP = Set.of("pools");
  private static final Set<String> POOL =
      Set.of(
          "instance_pool_id",
          "name",
          "region",
          "monitoring_method",
          "cpu_threshold",
          "ram_threshold",
          "scaling_limits",
          "schedules",
          "scheduler_max_instances");
  private static final Set<String> SCHEDULE =
      Set.of("name", "start_time", "end_time", "target_instances");
  private static final Set<String> BOUNDS = Set.of("min", "max");
  private static final Set<String> METHODS = Set.of("oci", "prometheus");

  private static final Pattern INTEGER = Pattern.compile("-?[0-9]{1,9}");
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?([0-9]{1,15}(\\.[0-9]{0,15})?|\\.[0-9]{1,15})([eE][+-]?[0-9]{1,2})?");
  private static final Pattern CONTROL = Pattern.compile("\\p{Cc}");
  private static final Pattern TIME = Pattern.compile("([01][0-9]|2[0-3]):[0-5][0-9]");
  private static final String MIDNIGHT = "24:00";
  private static final String TOP_RULE = "top level must be a map with pools";
  private static final int LONGEST_TEXT = 255;

  private final List<YamlProblem> errors = new ArrayList<>();
  private final List<YamlProblem> warnings = new ArrayList<>();
  private final List<Limits> limits = new ArrayList<>();
  private final Map<String, Place> pools = new HashMap<>();

  private ConfigurationRules() {}

  /** The limits that the configuration gives to a pool. */
  record Limits(String oraclePoolId, int min, int max) {}

  /**
   * @param root empty where there are errors
   */
  record Checked(
      Optional<YamlNode> root,
      List<YamlProblem> errors,
      List<YamlProblem> warnings,
      List<Limits> limits) {
    boolean valid() {
      return errors.isEmpty();
    }
  }

  /** Takes some milliseconds for the largest of texts: not for an event loop. */
  static Checked check(String text) {
    var read = YamlReader.read(text);
    if (!read.problems().isEmpty()) {
      return new Checked(Optional.empty(), read.problems(), List.of(), List.of());
    }
    var rules = new ConfigurationRules();
    rules.top(read.root());
    return new Checked(
        rules.errors.isEmpty() ? read.root() : Optional.empty(),
        rules.errors,
        rules.warnings,
        rules.errors.isEmpty() ? rules.limits : List.of());
  }

  private void top(Optional<YamlNode> root) {
    if (!(root.orElse(null) instanceof Mapping map)) {
      error(root.map(YamlNode::place).orElse(new Place(1, 1)), "top_level", "", TOP_RULE);
      return;
    }
    unknown(map, TOP, "");
    Entry list = map.entries().get("pools");
    if (list == null) {
      error(map.place(), "top_level", "", TOP_RULE);
    } else if (list.value() instanceof Sequence sequence) {
      for (int i = 0; i < sequence.items().size(); i++) {
        pool(sequence.items().get(i), "pools[" + i + "]");
      }
    } else {
      error(list.value().place(), "type", "pools", "must be a list");
    }
  }

  private void pool(YamlNode node, String path) {
    if (!(node instanceof Mapping pool)) {
      error(node.place(), "type", path, "must be a map");
      return;
    }
    unknown(pool, POOL, path);
    String id = text(pool, "instance_pool_id", path, true);
    if (id != null && pools.putIfAbsent(id, pool.place()) != null) {
      error(
          pool.place(),
          "duplicate_pool",
          path,
          "instance_pool_id \"" + id + "\" stands in an earlier pool too");
    }
    text(pool, "name", path, false);
    text(pool, "region", path, false);
    String method = text(pool, "monitoring_method", path, false);
    if (method != null && !METHODS.contains(method)) {
      error(
          place(pool, "monitoring_method"),
          "value",
          path + ".monitoring_method",
          "must be oci or prometheus");
    }
    threshold(pool, "cpu_threshold", path);
    threshold(pool, "ram_threshold", path);
    scalingLimits(pool, id, path);
    count(pool, "scheduler_max_instances", path, false);
    Entry schedules = value(pool, "schedules");
    if (schedules != null) {
      schedules(schedules.value(), path + ".schedules");
    }
  }

  private void scalingLimits(Mapping pool, @Nullable String id, String path) {
    Entry entry = value(pool, "scaling_limits");
    if (entry == null) {
      return;
    }
    String at = path + ".scaling_limits";
    if (!(entry.value() instanceof Mapping bounds)) {
      error(entry.value().place(), "type", at, "must be a map of min and max");
      return;
    }
    unknown(bounds, BOUNDS, at);
    Integer min = count(bounds, "min", at, true);
    Integer max = count(bounds, "max", at, true);
    if (min != null && max != null) {
      if (min > max) {
        error(place(bounds, "min"), "limits", at, "min " + min + " is more than max " + max);
      } else if (id != null) {
        limits.add(new Limits(id, min, max));
      }
    }
  }

  /** A number, or a map of two: the origin writes one and reads the other. */
  private void threshold(Mapping pool, String key, String path) {
    Entry entry = value(pool, key);
    if (entry == null) {
      return;
    }
    String at = path + "." + key;
    switch (entry.value()) {
      case Scalar scalar -> percent(scalar, at);
      case Mapping bounds -> {
        unknown(bounds, BOUNDS, at);
        BigDecimal min = bound(bounds, "min", at);
        BigDecimal max = bound(bounds, "max", at);
        if (min != null && max != null && min.compareTo(max) > 0) {
          error(place(bounds, "min"), "limits", at, "min " + min + " is more than max " + max);
        }
      }
      case Sequence list ->
          error(list.place(), "type", at, "must be a number or a map of min and max");
    }
  }

  private @Nullable BigDecimal bound(Mapping bounds, String key, String path) {
    Entry entry = value(bounds, key);
    if (entry == null) {
      error(bounds.place(), "required", path + "." + key, "is required");
      return null;
    }
    if (entry.value() instanceof Scalar scalar) {
      return percent(scalar, path + "." + key);
    }
    error(entry.value().place(), "type", path + "." + key, "must be a number");
    return null;
  }

  private @Nullable BigDecimal percent(Scalar scalar, String path) {
    if (!NUMBER.matcher(scalar.text()).matches()) {
      error(scalar.place(), "type", path, "must be a finite number");
      return null;
    }
    var number = new BigDecimal(scalar.text());
    if (number.signum() < 0 || number.compareTo(BigDecimal.valueOf(100)) > 0) {
      error(scalar.place(), "range", path, "must be a percentage from 0 to 100");
      return null;
    }
    return number;
  }

  private void schedules(YamlNode node, String path) {
    if (!(node instanceof Sequence list)) {
      error(node.place(), "type", path, "must be a list");
      return;
    }
    for (int i = 0; i < list.items().size(); i++) {
      String at = path + "[" + i + "]";
      if (list.items().get(i) instanceof Mapping schedule) {
        schedule(schedule, at);
      } else {
        error(list.items().get(i).place(), "type", at, "must be a map");
      }
    }
  }

  private void schedule(Mapping schedule, String path) {
    unknown(schedule, SCHEDULE, path);
    text(schedule, "name", path, true);
    String start = time(schedule, "start_time", path, false);
    String end = time(schedule, "end_time", path, true);
    if (start != null && start.equals(end)) {
      error(
          place(schedule, "end_time"),
          "window",
          path + ".end_time",
          "is the start too; a whole day is 00:00 to 24:00");
    }
    count(schedule, "target_instances", path, true);
  }

  private @Nullable String time(Mapping schedule, String key, String path, boolean end) {
    String text = text(schedule, key, path, true);
    if (text == null || TIME.matcher(text).matches() || (end && text.equals(MIDNIGHT))) {
      return text;
    }
    error(
        place(schedule, key),
        "time",
        path + "." + key,
        "must be HH:MM, 00:00 to " + (end ? MIDNIGHT : "23:59"));
    return null;
  }

  private @Nullable Integer count(Mapping map, String key, String path, boolean required) {
    Entry entry = value(map, key);
    String at = path + "." + key;
    if (entry == null) {
      if (required) {
        error(map.place(), "required", at, "is required");
      }
      return null;
    }
    if (!(entry.value() instanceof Scalar scalar) || !INTEGER.matcher(scalar.text()).matches()) {
      error(entry.value().place(), "type", at, "must be a whole number");
      return null;
    }
    int number = Integer.parseInt(scalar.text());
    if (number < 0 || number > LARGEST_POOL) {
      error(scalar.place(), "range", at, "must be between 0 and " + LARGEST_POOL);
      return null;
    }
    return number;
  }

  private @Nullable String text(Mapping map, String key, String path, boolean required) {
    Entry entry = value(map, key);
    String at = path + "." + key;
    if (entry == null) {
      if (required) {
        error(map.place(), "required", at, "is required");
      }
      return null;
    }
    if (!(entry.value() instanceof Scalar scalar)) {
      error(entry.value().place(), "type", at, "must be a text");
      return null;
    }
    String text = scalar.text();
    if (text.isBlank() || text.length() > LONGEST_TEXT || CONTROL.matcher(text).find()) {
      error(
          scalar.place(),
          "value",
          at,
          "must be 1 to " + LONGEST_TEXT + " characters without control characters");
      return null;
    }
    return text;
  }

  /** Null where the key is not there or stands before nothing. */
  private static @Nullable Entry value(Mapping map, String key) {
    Entry entry = map.entries().get(key);
    return entry != null && entry.value() instanceof Scalar scalar && scalar.isNull()
        ? null
        : entry;
  }

  private static Place place(Mapping map, String key) {
    Entry entry = map.entries().get(key);
    return entry == null ? map.place() : entry.value().place();
  }

  private void unknown(Mapping map, Set<String> known, String path) {
    map.entries()
        .forEach((key, entry) -> {
          if (!known.contains(key) && warnings.size() < MOST_PROBLEMS) {
            String at = path.isEmpty() ? key : path + "." + key;
            warnings.add(
                new YamlProblem(
                    entry.place().line(),
                    entry.place().column(),
                    "unknown_key",
                    at.length() > LONGEST_TEXT ? at.substring(0, LONGEST_TEXT) : at,
                    "is not a key that is known here"));
          }
        });
  }

  private void error(Place place, String rule, String path, String detail) {
    if (errors.size() < MOST_PROBLEMS) {
      errors.add(new YamlProblem(place.line(), place.column(), rule, path, detail));
    }
  }
}
