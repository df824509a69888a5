package dev.quintet.common.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An outage of ten minutes is two lines in the log, not twelve hundred. */
class TroubleTest {
  private static final String NAME = "trouble-test";

  private final List<LogRecord> lines = new ArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord line) {
          lines.add(line);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private final java.util.logging.Logger log = java.util.logging.Logger.getLogger(NAME);
  private final Trouble trouble = new Trouble(Logger.getLogger(NAME), "tick");

  @BeforeEach
  void listen() {
    log.addHandler(handler);
  }

  @AfterEach
  void stopListening() {
    log.removeHandler(handler);
  }

  @Test
  void anOutageIsToldWhenItBeginsAndWhenItEnds() {
    for (int i = 0; i < 1200; i++) {
      trouble.failed(new java.net.ConnectException("refused"));
    }
    trouble.worked();
    trouble.worked();

    assertThat(lines).hasSize(2).allMatch(line -> line.getThrown() == null);
  }

  @Test
  void anotherCauseIsToldToo() {
    trouble.failed(new java.net.ConnectException("refused"));
    trouble.failed(new IllegalStateException("a bug"));
    trouble.failed(new IllegalStateException("a bug"));

    assertThat(lines).hasSize(2);
  }
}
