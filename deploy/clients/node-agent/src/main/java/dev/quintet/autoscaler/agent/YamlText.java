package dev.quintet.autoscaler.agent;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * A map of a YAML text whose scalars stay as they are written, so that {@code 22:00} is not 1320
 * and {@code no} is not false. What is asked of it is typed by the question.
 */
public final class YamlText {

  /** What is wrong with a YAML text, in words for the person who wrote it. */
  public static final class Wrong extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Wrong(String message) {
      super(message);
    }
  }

  private static final class ScalarsStayText extends Resolver {
    @Override
    protected void addImplicitResolvers() {}
  }

  private final String path;
  private final Map<?, ?> values;

  private YamlText(String path, Map<?, ?> values) {
    this.path = path;
    this.values = values;
  }

  public static YamlText read(String text) {
    var options = new LoaderOptions();
    options.setCodePointLimit(256 * 1024);
    options.setAllowDuplicateKeys(false);
    options.setMaxAliasesForCollections(20);
    try {
      Object top =
          new Yaml(
                  new SafeConstructor(options),
                  new Representer(new DumperOptions()),
                  new DumperOptions(),
                  options,
                  new ScalarsStayText())
              .load(text);
      if (top instanceof Map<?, ?> map) {
        return new YamlText("", map);
      }
      throw new Wrong("the top level must be a map");
    } catch (YAMLException | StackOverflowError e) {
      throw new Wrong("not readable as YAML: " + firstLine(e.getMessage()));
    }
  }

  private static String firstLine(@Nullable String message) {
    return message == null ? "too deep" : message.lines().findFirst().orElse("");
  }

  private String at(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  public Optional<String> text(String key) {
    Object value = values.get(key);
    if (value == null) {
      return Optional.empty();
    }
    if (value instanceof String text) {
      return Optional.of(text);
    }
    throw new Wrong(at(key) + " must be a single value");
  }

  public Optional<Integer> whole(String key, int least, int most) {
    return text(key)
        .map(text -> {
          int value = text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1;
          if (value < least || value > most) {
            throw new Wrong(at(key) + " must be a number from " + least + " to " + most);
          }
          return value;
        });
  }

  public Optional<Double> number(String key) {
    return text(key)
        .map(text -> {
          if (!text.matches("\\d{1,9}(\\.\\d{1,9})?")) {
            throw new Wrong(at(key) + " must be a number");
          }
          return Double.parseDouble(text);
        });
  }

  /** The map of that name; an empty one if there is none. */
  public YamlText map(String key) {
    Object value = values.get(key);
    if (value == null) {
      return new YamlText(at(key), Map.of());
    }
    if (value instanceof Map<?, ?> map) {
      return new YamlText(at(key), map);
    }
    throw new Wrong(at(key) + " must be a map");
  }

  public boolean has(String key) {
    return values.get(key) != null;
  }

  /** The maps of the list of that name; none if there is no list. */
  public List<YamlText> maps(String key) {
    Object value = values.get(key);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof List<?> list)) {
      throw new Wrong(at(key) + " must be a list");
    }
    List<YamlText> maps = new ArrayList<>();
    for (Object item : list) {
      String place = at(key) + "[" + maps.size() + "]";
      if (!(item instanceof Map<?, ?> map)) {
        throw new Wrong(place + " must be a map");
      }
      maps.add(new YamlText(place, map));
    }
    return maps;
  }

  public String required(String key) {
    return text(key).orElseThrow(() -> new Wrong(at(key) + " is missing"));
  }

  /** These values, and where there is none that of {@code base}. */
  public YamlText over(YamlText base) {
    Map<Object, Object> all = new HashMap<>(base.values);
    all.putAll(values);
    return new YamlText(path, all);
  }

  public Wrong wrong(String key, String why) {
    return new Wrong(at(key) + " " + why);
  }
}
