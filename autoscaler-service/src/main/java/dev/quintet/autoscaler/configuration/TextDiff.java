package dev.quintet.autoscaler.configuration;

import java.util.ArrayList;
import java.util.List;

/** What {@code diff -u} writes, with three lines of context. */
final class TextDiff {
  private static final int CONTEXT = 3;

  /**
   * Of the part between the common start and end. Beyond, all of it is shown as replaced: two texts
   * that have nothing in common must not cost the square of their length.
   */
  private static final long MOST_CELLS = 1_000_000;

  private TextDiff() {}

  private enum Kind {
    SAME(' '),
    GONE('-'),
    NEW('+');

    private final char mark;

    Kind(char mark) {
      this.mark = mark;
    }
  }

  private record Line(Kind kind, String text) {}

  /** Empty for equal texts. */
  static String unified(String fromName, String from, String toName, String to) {
    if (from.equals(to)) {
      return "";
    }
    var lines = compared(lines(from), lines(to));
    var out = new StringBuilder();
    out.append("--- ").append(fromName).append("\n+++ ").append(toName).append('\n');
    int oldLine = 1;
    int newLine = 1;
    int at = 0;
    while (at < lines.size()) {
      int first = nextChange(lines, at);
      if (first == lines.size()) {
        break;
      }
      int start = Math.max(at, first - CONTEXT);
      oldLine += start - at;
      newLine += start - at;
      int end = hunkEnd(lines, first);
      var hunk = lines.subList(start, end);
      int olds = (int) hunk.stream().filter(line -> line.kind() != Kind.NEW).count();
      int news = (int) hunk.stream().filter(line -> line.kind() != Kind.GONE).count();
      out.append("@@ -").append(range(oldLine, olds));
      out.append(" +").append(range(newLine, news)).append(" @@\n");
      hunk.forEach(line -> append(out, line));
      oldLine += olds;
      newLine += news;
      at = end;
    }
    return out.toString();
  }

  private static int nextChange(List<Line> lines, int from) {
    int at = from;
    while (at < lines.size() && lines.get(at).kind() == Kind.SAME) {
      at++;
    }
    return at;
  }

  /** Behind the context of the last change that is near enough to the one before it. */
  private static int hunkEnd(List<Line> lines, int first) {
    int end = first;
    int next = first;
    while (next < lines.size() && next - end <= 2 * CONTEXT) {
      end = next + 1;
      next = nextChange(lines, end);
    }
    return Math.min(lines.size(), end + CONTEXT);
  }

  /** As diff writes it: a length of 1 is left out, and of none the line before is named. */
  private static String range(int line, int length) {
    return length == 1 ? "" + line : (length == 0 ? line - 1 : line) + "," + length;
  }

  private static void append(StringBuilder out, Line line) {
    out.append(line.kind().mark).append(line.text());
    if (!line.text().endsWith("\n")) {
      out.append("\n\\ No newline at end of file\n");
    }
  }

  /** Each with its line feed, so that a last line without one differs from one with it. */
  private static List<String> lines(String text) {
    var lines = new ArrayList<String>();
    int start = 0;
    while (start < text.length()) {
      int feed = text.indexOf('\n', start);
      int end = feed < 0 ? text.length() : feed + 1;
      lines.add(text.substring(start, end));
      start = end;
    }
    return lines;
  }

  private static List<Line> compared(List<String> from, List<String> to) {
    int shorter = Math.min(from.size(), to.size());
    int start = 0;
    while (start < shorter && from.get(start).equals(to.get(start))) {
      start++;
    }
    int end = 0;
    while (end < shorter - start
        && from.get(from.size() - 1 - end).equals(to.get(to.size() - 1 - end))) {
      end++;
    }
    var lines = new ArrayList<Line>();
    from.subList(0, start).forEach(line -> lines.add(new Line(Kind.SAME, line)));
    between(from.subList(start, from.size() - end), to.subList(start, to.size() - end), lines);
    from.subList(from.size() - end, from.size())
        .forEach(line -> lines.add(new Line(Kind.SAME, line)));
    return lines;
  }

  private static void between(List<String> from, List<String> to, List<Line> lines) {
    int n = from.size();
    int m = to.size();
    int[][] common = (long) n * m > MOST_CELLS ? new int[0][] : longestCommon(from, to);
    int i = 0;
    int j = 0;
    while (i < n || j < m) {
      boolean known = common.length > 0 && i < n && j < m;
      if (known && from.get(i).equals(to.get(j))) {
        lines.add(new Line(Kind.SAME, from.get(i)));
        i++;
        j++;
      } else if (i < n && (!known || common[i + 1][j] >= common[i][j + 1])) {
        lines.add(new Line(Kind.GONE, from.get(i)));
        i++;
      } else {
        lines.add(new Line(Kind.NEW, to.get(j)));
        j++;
      }
    }
  }

  /** [i][j]: how many lines the rests behind i and j have in common, in order. */
  private static int[][] longestCommon(List<String> from, List<String> to) {
    var common = new int[from.size() + 1][to.size() + 1];
    for (int i = from.size() - 1; i >= 0; i--) {
      for (int j = to.size() - 1; j >= 0; j--) {
        common[i][j] =
            from.get(i).equals(to.get(j))
                ? common[i + 1][j + 1] + 1
                : Math.max(common[i + 1][j], common[i][j + 1]);
      }
    }
    return common;
  }
}
