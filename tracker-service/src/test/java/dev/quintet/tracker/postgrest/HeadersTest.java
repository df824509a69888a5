package dev.quintet.tracker.postgrest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.quintet.tracker.postgrest.Preferences.Resolution;
import dev.quintet.tracker.postgrest.Preferences.Returned;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Prefer, Accept, the profiles, Range. */
class HeadersTest {
  private static Negotiated accepting(String... accept) {
    return Negotiated.of(List.of(), List.of(accept), null);
  }

  @Test
  void withoutPreferNothingComesBack() {
    var preferences = Preferences.of(List.of());
    assertThat(preferences.resolution()).isNull();
    assertThat(preferences.returned()).isEqualTo(Returned.MINIMAL);
    assertThat(preferences.counted()).isFalse();
    assertThat(preferences.applied()).isEmpty();
  }

  @Test
  void preferencesComeInOneLineOrSeveral() {
    var one = Preferences.of(List.of("resolution=merge-duplicates,return=representation"));
    var two = Preferences.of(List.of("resolution=merge-duplicates", " return=representation "));
    assertThat(one).isEqualTo(two);
    assertThat(one.resolution()).isEqualTo(Resolution.MERGE_DUPLICATES);
    assertThat(one.representation()).isTrue();
    assertThat(one.applied())
        .containsExactly("resolution=merge-duplicates", "return=representation");
  }

  @Test
  void ofTwoOfAKindTheFirstCounts() {
    assertThat(Preferences.of(List.of("return=minimal, return=representation")).returned())
        .isEqualTo(Returned.MINIMAL);
  }

  @Test
  void theUnknownCountsOnlyWhenHandlingIsStrict() {
    assertThat(Preferences.of(List.of("colour=blue, return=nothing,,x")).applied()).isEmpty();
    var refused =
        catchThrowableOfType(
            Refused.class, () -> Preferences.of(List.of("handling=strict, max-affected=1")));
    assertThat(refused.body().code()).isEqualTo("PGRST122");
    assertThat(refused.body().details()).isEqualTo("Invalid preferences: max-affected=1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "*/*",
        "application/json",
        "text/csv, application/json;q=0.5",
        "application/*"
      })
  void rowsComeAsAnArray(String accept) {
    assertThat(accepting(accept).singular()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/vnd.pgrst.object+json",
        "application/vnd.pgrst.object",
        "Application/vnd.pgrst.object+json; charset=utf-8, */*"
      })
  void oneRowComesAsAnObjectWhenAskedFor(String accept) {
    assertThat(accepting(accept).singular()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/csv", "application/vnd.pgrst.object+json;nulls=stripped", "x"})
  void anotherFormIsNotToBeHad(String accept) {
    var refused = catchThrowableOfType(Refused.class, () -> accepting(accept));
    assertThat(refused.status()).isEqualTo(406);
    assertThat(refused.body().code()).isEqualTo("PGRST107");
  }

  @Test
  void thereIsOneSchema() {
    assertThat(Negotiated.of(List.of(), List.of(), "tracker")).isEqualTo(accepting());
    var refused =
        catchThrowableOfType(Refused.class, () -> Negotiated.of(List.of(), List.of(), "public"));
    assertThat(refused.status()).isEqualTo(406);
    assertThat(refused.body().code()).isEqualTo("PGRST106");
    assertThat(refused.body().message()).isEqualTo("Invalid schema: public");
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "0, -, 0-9, 0, 10",
        "0, -, 5-, 5, -",
        "0, 5, 0-9, 0, 5",
        "2, 5, 4-100, 4, 3",
        "2, -, 0-3, 2, 2",
        "0, 0, 0-9, 0, 0",
        "5, 5, 0-2, 5, 0",
        "3, 4, -, 3, 4",
        "3, 4, bytes=0-1, 3, 4",
        "3, 4, -5, 3, 4",
      })
  void aRangeCutsWhatLimitAndOffsetAllow(
      long offset,
      @org.jspecify.annotations.Nullable Long limit,
      @org.jspecify.annotations.Nullable String header,
      long first,
      @org.jspecify.annotations.Nullable Long rows) {
    assertThat(new RowRange(offset, limit).within(header)).isEqualTo(new RowRange(first, rows));
  }

  @Test
  void aRangeThatEndsBeforeItBeginsIsRefused() {
    var refused = catchThrowableOfType(Refused.class, () -> RowRange.ALL.within("5-4"));
    assertThat(refused.status()).isEqualTo(416);
  }

  @Test
  void noReplyHasMoreRowsThanAllowed() {
    assertThat(RowRange.ALL.most(1000)).isEqualTo(new RowRange(0, 1000L));
    assertThat(new RowRange(0, 5000L).most(1000)).isEqualTo(new RowRange(0, 1000L));
    assertThat(new RowRange(0, 5L).most(1000)).isEqualTo(new RowRange(0, 5L));
  }
}
