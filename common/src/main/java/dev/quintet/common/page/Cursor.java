package dev.quintet.common.page;

import dev.quintet.common.problem.CommonProblem;
import dev.quintet.common.problem.ProblemException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Objects;

/**
 * The place behind a row: the values of the columns that the list is ordered by, the last of them
 * unique. The next page is {@code WHERE (a, b) > ($1, $2)}, so that rows inserted meanwhile neither
 * hide nor repeat one. Opaque to clients; it holds nothing that they have not seen in the row.
 */
public record Cursor(List<String> values) {
  /** Between values; no value that we order by holds a control character. */
  private static final String SEPARATOR = "\u001f";

  public Cursor {
    values = List.copyOf(values);
  }

  public static Cursor behind(Object... values) {
    return new Cursor(java.util.Arrays.stream(values).map(Objects::toString).toList());
  }

  public String encoded() {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(String.join(SEPARATOR, values).getBytes(StandardCharsets.UTF_8));
  }

  /** Throws {@code invalid_cursor} for anything that did not come from here. */
  static Cursor decoded(String text, int columns) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(text);
      String joined = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      var values = List.of(joined.split(SEPARATOR, -1));
      if (values.size() == columns && joined.indexOf('\0') < 0) {
        return new Cursor(values);
      }
    } catch (IllegalArgumentException | CharacterCodingException e) {
      // falls through to the one answer for every broken cursor
    }
    throw invalid();
  }

  public String text(int column) {
    return values.get(column);
  }

  public long number(int column) {
    try {
      return Long.parseLong(values.get(column));
    } catch (NumberFormatException e) {
      throw invalid();
    }
  }

  public static ProblemException invalid() {
    return new ProblemException(CommonProblem.INVALID_CURSOR, "start again without a cursor");
  }
}
