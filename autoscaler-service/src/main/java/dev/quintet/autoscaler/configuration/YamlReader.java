package dev.quintet.autoscaler.configuration;

import dev.quintet.autoscaler.configuration.YamlNode.Entry;
import dev.quintet.autoscaler.configuration.YamlNode.Mapping;
import dev.quintet.autoscaler.configuration.YamlNode.Place;
import dev.quintet.autoscaler.configuration.YamlNode.Scalar;
import dev.quintet.autoscaler.configuration.YamlNode.Sequence;
import dev.quintet.common.api.autoscaler.YamlProblem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.events.SequenceStartEvent;
import org.yaml.snakeyaml.parser.Parser;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;

/**
 * Puts a text together from the parser's events. The library's own composer and constructors are
 * not used: they type scalars by YAML 1.1, and their limits let a text of 500 bytes unfold to 10⁸
 * nodes. Here an alias costs as many nodes as it stands for, before anything is walked.
 */
final class YamlReader {
  private static final long MOST_NODES = 20_000;
  private static final int DEEPEST = 50;
  private static final String MERGE = "<<";

  private final Parser parser;
  private final List<YamlProblem> problems = new ArrayList<>();
  private final Map<String, YamlNode> anchors = new HashMap<>();
  private final Set<String> open = new HashSet<>();
  private long visited;

  private YamlReader(String text) {
    parser = new ParserImpl(new StreamReader(text), new LoaderOptions());
  }

  /** Empty where there is no value at all, or none that can be read on. */
  record Read(Optional<YamlNode> root, List<YamlProblem> problems) {}

  static Read read(String text) {
    var reader = new YamlReader(text);
    Optional<YamlNode> root = Optional.empty();
    try {
      root = reader.document();
    } catch (Stop stop) {
      // Its reason is among the problems.
    } catch (MarkedYAMLException e) {
      reader.add(place(e.getProblemMark()), "syntax", e.getProblem());
    } catch (ReaderException e) {
      reader.add(
          place(text, e.getPosition()),
          "unprintable_character",
          "U+%04X is not allowed".formatted(e.getCodePoint()));
    }
    return new Read(reader.problems.isEmpty() ? root : Optional.empty(), reader.problems);
  }

  /** Reading on makes no sense, or costs too much. */
  private static final class Stop extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stop() {
      super(null, null, false, false);
    }
  }

  private Optional<YamlNode> document() {
    expect(Event.ID.StreamStart);
    if (parser.checkEvent(Event.ID.StreamEnd)) {
      return Optional.empty();
    }
    expect(Event.ID.DocumentStart);
    YamlNode root = node(0);
    expect(Event.ID.DocumentEnd);
    if (!parser.checkEvent(Event.ID.StreamEnd)) {
      add(place(parser.peekEvent()), "second_document", "there may be one document only");
    }
    return Optional.of(root);
  }

  private void expect(Event.ID kind) {
    Event event = parser.getEvent();
    if (!event.is(kind)) {
      throw new IllegalStateException("the parser gave " + event + " where " + kind + " must be");
    }
  }

  private YamlNode node(int depth) {
    Event event = parser.getEvent();
    Place place = place(event);
    if (depth > DEEPEST) {
      stop(place, "too_deep", "is nested more than " + DEEPEST + " levels deep");
    }
    if (event instanceof AliasEvent alias) {
      return target(alias, place);
    }
    count(1, place);
    String anchor = ((NodeEvent) event).getAnchor();
    if (anchor != null) {
      open.add(anchor);
    }
    YamlNode node =
        switch (event) {
          case ScalarEvent scalar -> scalar(scalar, place);
          case SequenceStartEvent sequence -> sequence(sequence, place, depth);
          case MappingStartEvent mapping -> mapping(mapping, place, depth);
          default -> throw new IllegalStateException("the parser gave " + event);
        };
    if (anchor != null) {
      open.remove(anchor);
      anchors.put(anchor, node);
    }
    return node;
  }

  private YamlNode target(AliasEvent alias, Place place) {
    String name = alias.getAnchor();
    if (open.contains(name)) {
      add(place, "self_reference", "*" + name + " is inside of what it names");
    } else if (anchors.containsKey(name)) {
      YamlNode target = anchors.get(name);
      count(target.size(), place);
      return target;
    } else {
      add(place, "unknown_alias", "*" + name + " names nothing before it");
    }
    return new Scalar(place, "", true);
  }

  private Scalar scalar(ScalarEvent event, Place place) {
    refuseTag(event.getTag(), place);
    return new Scalar(place, event.getValue(), event.getScalarStyle() == ScalarStyle.PLAIN);
  }

  private Sequence sequence(SequenceStartEvent event, Place place, int depth) {
    refuseTag(event.getTag(), place);
    var items = new ArrayList<YamlNode>();
    long size = 1;
    while (!parser.checkEvent(Event.ID.SequenceEnd)) {
      YamlNode item = node(depth + 1);
      items.add(item);
      size += item.size();
    }
    expect(Event.ID.SequenceEnd);
    return new Sequence(place, items, size);
  }

  private Mapping mapping(MappingStartEvent event, Place place, int depth) {
    refuseTag(event.getTag(), place);
    var entries = new LinkedHashMap<String, Entry>();
    long size = 1;
    while (!parser.checkEvent(Event.ID.MappingEnd)) {
      YamlNode key = node(depth + 1);
      Place keyPlace = key.place();
      YamlNode value = node(depth + 1);
      size += key.size() + value.size();
      if (!(key instanceof Scalar name)) {
        add(keyPlace, "key", "a key must be a text");
      } else if (name.plain() && name.text().equals(MERGE)) {
        add(keyPlace, "merge_key", "merge keys are not read here: write the values out");
      } else if (entries.putIfAbsent(name.text(), new Entry(keyPlace, value)) != null) {
        add(keyPlace, "duplicate_key", "\"" + shortened(name.text()) + "\" stands here twice");
      }
    }
    expect(Event.ID.MappingEnd);
    return new Mapping(place, entries, size);
  }

  private void refuseTag(@Nullable String tag, Place place) {
    if (tag != null) {
      add(place, "tag", "tags are not read here: " + shortened(tag));
    }
  }

  private void count(long nodes, Place place) {
    visited += nodes;
    if (visited > MOST_NODES) {
      stop(place, "too_many_nodes", "from here on there are more than " + MOST_NODES + " values");
    }
  }

  private void stop(Place place, String rule, String detail) {
    add(place, rule, detail);
    throw new Stop();
  }

  private void add(Place place, String rule, String detail) {
    problems.add(new YamlProblem(place.line(), place.column(), rule, "", detail));
    if (problems.size() >= ConfigurationRules.MOST_PROBLEMS) {
      throw new Stop();
    }
  }

  private static String shortened(String text) {
    return text.length() > 60 ? text.substring(0, 60) + "…" : text;
  }

  private static Place place(Event event) {
    return place(event.getStartMark());
  }

  private static Place place(@Nullable Mark mark) {
    return mark == null ? new Place(1, 1) : new Place(mark.getLine() + 1, mark.getColumn() + 1);
  }

  /** {@code position}: in characters, as the reader counts them. */
  private static Place place(String text, int position) {
    String before = text.substring(0, Math.clamp(position, 0, text.length()));
    int line = (int) before.chars().filter(c -> c == '\n').count();
    return new Place(line + 1, before.length() - before.lastIndexOf('\n'));
  }
}
