package dev.quintet.autoscaler.metric;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;

/**
 * Reads ISO 8601 instants into microseconds since 1970. Thousands of them stand in a batch, nearly
 * all in UTC and of the same day, so that form is read without making an object.
 */
final class Instants {
  static final long UNREADABLE = Long.MIN_VALUE;
  static final long BEYOND = Long.MAX_VALUE;

  private static final int SHORTEST = "2026-05-04T10:00:00Z".length();

  /** Years that both PostgreSQL and ISO 8601 write with four digits. */
  private static final long EARLIEST =
      Instant.parse("0001-01-01T00:00:00Z").getEpochSecond() * 1_000_000;

  private static final long LATEST =
      Instant.parse("9999-12-31T23:59:59Z").getEpochSecond() * 1_000_000;

  private int date = -1;
  private long midnight;

  /** {@link #UNREADABLE}: not an instant. {@link #BEYOND}: one of another age. */
  long micros(char[] text, int from, int length) {
    long quick = length >= SHORTEST ? utc(text, from, length) : UNREADABLE;
    return quick == UNREADABLE ? any(new String(text, from, length)) : quick;
  }

  private long utc(char[] text, int from, int length) {
    if (text[from + 4] != '-'
        || text[from + 7] != '-'
        || text[from + 10] != 'T'
        || text[from + 13] != ':'
        || text[from + 16] != ':'
        || text[from + length - 1] != 'Z') {
      return UNREADABLE;
    }
    int year = number(text, from, 4);
    int month = number(text, from + 5, 2);
    int day = number(text, from + 8, 2);
    int hour = number(text, from + 11, 2);
    int minute = number(text, from + 14, 2);
    int second = number(text, from + 17, 2);
    if (year < 1 || month < 1 || day < 1 || hour < 0 || minute < 0 || second < 0) {
      return UNREADABLE;
    }
    if (hour > 23 || minute > 59 || second > 59) {
      return UNREADABLE;
    }
    int micros = fraction(text, from + 19, length - SHORTEST);
    if (micros < 0 || !setDate(year, month, day)) {
      return UNREADABLE;
    }
    return midnight + ((hour * 60L + minute) * 60 + second) * 1_000_000 + micros;
  }

  private boolean setDate(int year, int month, int day) {
    int wanted = (year * 100 + month) * 100 + day;
    if (wanted != date) {
      try {
        midnight = LocalDate.of(year, month, day).toEpochDay() * 86_400_000_000L;
        date = wanted;
      } catch (DateTimeException e) {
        return false;
      }
    }
    return true;
  }

  /** Of ".123456": digits past the sixth are finer than what is stored. */
  private static int fraction(char[] text, int from, int length) {
    if (length == 0) {
      return 0;
    }
    if (text[from] != '.' || length == 1 || length > 10) {
      return -1;
    }
    int micros = 0;
    for (int i = 1; i < length; i++) {
      int digit = text[from + i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      micros = i <= 6 ? micros * 10 + digit : micros;
    }
    for (int i = length; i <= 6; i++) {
      micros *= 10;
    }
    return micros;
  }

  private static int number(char[] text, int from, int digits) {
    int number = 0;
    for (int i = from; i < from + digits; i++) {
      int digit = text[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = number * 10 + digit;
    }
    return number;
  }

  private static long any(String text) {
    try {
      Instant instant = OffsetDateTime.parse(text).toInstant();
      long micros =
          Math.addExact(
              Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1000);
      return micros < EARLIEST || micros > LATEST ? BEYOND : micros;
    } catch (ArithmeticException e) {
      return BEYOND;
    } catch (DateTimeException e) {
      return UNREADABLE;
    }
  }
}
