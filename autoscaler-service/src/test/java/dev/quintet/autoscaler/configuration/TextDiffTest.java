package dev.quintet.autoscaler.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextDiffTest {
  @Test
  void equalTextsDifferInNothing() {
    assertThat(TextDiff.unified("a", "x\n", "b", "x\n")).isEmpty();
  }

  @Test
  void aChangedLineStandsInItsContext() {
    String from = lines(1, 12);
    assertThat(TextDiff.unified("a", from, "b", from.replace("l6\n", "six\n")))
        .isEqualTo(
            """
            --- a
            +++ b
            @@ -3,7 +3,7 @@
             l3
             l4
             l5
            -l6
            +six
             l7
             l8
             l9
            """);
  }

  @Test
  void farChangesAreHunksOfTheirOwnAndNearOnesAreNot() {
    String from = lines(1, 30);
    assertThat(
            TextDiff.unified(
                    "a", from, "b", from.replace("l2\n", "").replace("l20\n", "l20\nnew\n"))
                .lines()
                .filter(line -> line.startsWith("@@")))
        .containsExactly("@@ -1,5 +1,4 @@", "@@ -18,6 +17,7 @@");
    assertThat(
            TextDiff.unified("a", from, "b", from.replace("l2\n", "").replace("l8\n", ""))
                .lines()
                .filter(line -> line.startsWith("@@")))
        .containsExactly("@@ -1,11 +1,9 @@");
  }

  @Test
  void aMissingLastLineFeedIsTold() {
    assertThat(TextDiff.unified("a", "x\ny", "b", "x\ny\n"))
        .isEqualTo("--- a\n+++ b\n@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n+y\n");
    assertThat(TextDiff.unified("a", "", "b", "x\n"))
        .isEqualTo("--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n");
  }

  @Test
  void textsThatHaveNothingInCommonAreReplacedWhole() {
    String from = lines(1, 20_000);
    String to = lines(50_000, 70_000);
    assertThat(applied(from, TextDiff.unified("a", from, "b", to))).isEqualTo(to);
  }

  /** The oracle: a patch made of the difference turns the one text into the other. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void theDifferenceLeadsFromOneToTheOther(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      String from = text(random);
      String to = random.nextInt(4) == 0 ? text(random) : changed(from, random);
      String diff = TextDiff.unified("a", from, "b", to);
      if (from.equals(to)) {
        assertThat(diff).isEmpty();
      } else {
        assertThat(applied(from, diff)).as(from + "→" + to).isEqualTo(to);
      }
    }
  }

  private static String text(Random random) {
    var text = new StringBuilder();
    for (int n = random.nextInt(40); n > 0; n--) {
      text.append((char) ('a' + random.nextInt(5))).append('\n');
    }
    return random.nextBoolean() ? text.toString() : text.append("end").toString();
  }

  private static String changed(String from, Random random) {
    var lines = new ArrayList<>(from.lines().toList());
    for (int n = random.nextInt(4); n > 0; n--) {
      int at = random.nextInt(lines.size() + 1);
      if (at < lines.size() && random.nextBoolean()) {
        lines.remove(at);
      } else {
        lines.add(at, "new" + random.nextInt(3));
      }
    }
    return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
  }

  private static String lines(int from, int to) {
    return String.join("", IntStream.rangeClosed(from, to).mapToObj(i -> "l" + i + "\n").toList());
  }

  /** A small patch(1): strict about the places that hunks name. */
  private static String applied(String from, String diff) {
    List<String> old = split(from);
    var out = new StringBuilder();
    int at = 0;
    var lines = diff.lines().toList();
    for (int i = 2; i < lines.size(); i++) {
      String line = lines.get(i);
      boolean cut = i + 1 < lines.size() && lines.get(i + 1).startsWith("\\");
      String text = line.substring(1) + (cut ? "" : "\n");
      switch (line.charAt(0)) {
        case '@' -> {
          String[] range = line.substring(4, line.indexOf(' ', 4)).split(",");
          int start = Integer.parseInt(range[0]);
          int first = range.length > 1 && range[1].equals("0") ? start : start - 1;
          while (at < first) {
            out.append(old.get(at++));
          }
        }
        case ' ', '-' -> {
          assertThat(old.get(at)).isEqualTo(text);
          at++;
          if (line.charAt(0) == ' ') {
            out.append(text);
          }
        }
        case '+' -> out.append(text);
        default -> {}
      }
    }
    while (at < old.size()) {
      out.append(old.get(at++));
    }
    return out.toString();
  }

  private static List<String> split(String text) {
    var lines = new ArrayList<String>();
    for (String line : text.split("(?<=\n)")) {
      if (!line.isEmpty()) {
        lines.add(line);
      }
    }
    return lines;
  }
}
