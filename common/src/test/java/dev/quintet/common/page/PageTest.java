package dev.quintet.common.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.quintet.common.problem.ProblemException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageTest {
  private static final PageRequest TWO = new PageRequest(2, Optional.empty());

  private static List<Integer> rows(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  @Test
  void theRowBeyondThePageIsNotShownButTellsThatThereIsMore() {
    var page = Page.of(rows(3), TWO, n -> Cursor.behind("c", n));
    assertThat(page.items()).containsExactly(0, 1);
    assertThat(Cursor.decoded(java.util.Objects.requireNonNull(page.nextCursor()), 2))
        .isEqualTo(Cursor.behind("c", 1));
  }

  @Test
  void theLastPageHasNoCursor() {
    assertThat(Page.of(rows(2), TWO, n -> Cursor.behind(n)).nextCursor()).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "!", "YQ", "gA", "AAAA", "YWJj", "\u0000", "ä"})
  void aCursorThatIsNotOursIsRefused(String text) {
    assertThat(
            catchThrowableOfType(ProblemException.class, () -> PageRequest.of(null, text, 2))
                .type()
                .code())
        .isEqualTo("invalid_cursor");
  }

  @Test
  void aCursorWhoseNumberIsNoneIsRefused() {
    var cursor = Cursor.decoded(Cursor.behind("x", "y").encoded(), 2);
    assertThat(catchThrowableOfType(ProblemException.class, () -> cursor.number(1)).type().code())
        .isEqualTo("invalid_cursor");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "201", "x", "", "1.5", "99999999999999"})
  void aPageSizeOutOfRangeIsRefused(String limit) {
    assertThat(
            catchThrowableOfType(ProblemException.class, () -> PageRequest.of(limit, null, 1))
                .type()
                .code())
        .isEqualTo("invalid_limit");
  }

  @Test
  void theUsualPageHasFifty() {
    assertThat(PageRequest.of(null, null, 1).fetch()).isEqualTo(51);
  }
}
