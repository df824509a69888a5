package dev.quintet.autoscaler.agent;

import java.io.PrintStream;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One line per event that an operator would act on or wants to watch, as text or as JSON.
 *
 * <pre>
 * 2026-05-04T10:00:00Z info  resized     pool=web from=4 to=6 generation=42
 * </pre>
 */
public final class Log {

  private final PrintStream out;
  private final Clock clock;
  private final boolean json;

  public Log(PrintStream out, Clock clock, boolean json) {
    this.out = out;
    this.clock = clock;
    this.json = json;
  }

  /** Facts are pairs of a name and a value. A null value leaves its pair out. */
  public void info(String event, @Nullable Object... facts) {
    write("info", event, facts);
  }

  public void warn(String event, @Nullable Object... facts) {
    write("warn", event, facts);
  }

  public void error(String event, @Nullable Object... facts) {
    write("error", event, facts);
  }

  private void write(String level, String event, @Nullable Object[] facts) {
    Map<String, Object> line = new LinkedHashMap<>();
    for (int i = 0; i + 1 < facts.length; i += 2) {
      Object value = facts[i + 1];
      if (value != null) {
        line.put(String.valueOf(facts[i]), value);
      }
    }
    String at = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    out.println(json ? asJson(at, level, event, line) : asText(at, level, event, line));
  }

  private static String asJson(String at, String level, String event, Map<String, Object> facts) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("at", at);
    all.put("level", level);
    all.put("event", event);
    facts.forEach((name, value) -> all.put(name, value instanceof Number ? value : value + ""));
    return Wire.write(all);
  }

  private static String asText(String at, String level, String event, Map<String, Object> facts) {
    var line = new StringBuilder("%s %-5s %-12s".formatted(at, level, event));
    facts.forEach((name, value) -> line.append(' ').append(name).append('=').append(quoted(value)));
    return line.toString();
  }

  /** Whatever the manager or a cloud wrote stays inside its quotes and inside its line. */
  private static String quoted(Object value) {
    String text = value.toString();
    boolean plain = !text.isEmpty() && text.chars().noneMatch(c -> c <= ' ' || c == '"');
    return plain ? text : Wire.write(text);
  }
}
