package dev.quintet.tracker.jda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameHeaderTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"t\":\"READY\",\"s\":1,\"op\":0,\"d\":{\"op\":9,\"s\":5}} | 0 | 1 | READY",
        "{\"op\":10,\"d\":{\"heartbeat_interval\":41250},\"s\":null,\"t\":null} | 10 | -1 |",
        "{ \"d\" : [1,{\"t\":\"x\"},\"]}\"] , \"s\" : 88412 , \"op\":0, \"t\" : \"A_B\" } | 0 | 88412 | A_B",
        "{\"d\":{\"content\":\"a \\\" } ,\\\\\"},\"op\":0,\"t\":\"MESSAGE_CREATE\",\"s\":7} | 0 | 7 | MESSAGE_CREATE",
        "{\"op\":11} | 11 | -1 |",
        "{\"op\":1,\"d\":null} | 1 | -1 |",
        "{} | -1 | -1 |",
      })
  void readsTheHeaderAndSkipsTheBody(String json, int op, long seq, String type) {
    assertThat(FrameHeader.of(json)).isEqualTo(new FrameHeader(op, seq, type));
  }
}
