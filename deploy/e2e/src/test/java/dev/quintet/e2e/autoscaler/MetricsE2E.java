package dev.quintet.e2e.autoscaler;

import static dev.quintet.e2e.autoscaler.Autoscaler.expect;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quintet.common.testing.Database;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What nodes measure. */
@ResourceLock(value = "autoscaler", mode = ResourceAccessMode.READ)
class MetricsE2E {
  private final Database database = Autoscaler.fleet().database();

  @Test
  void a16ABatchIsStoredWholeAndOnceOrNotAtAll() {
    var node = Node.create();
    int pool = node.pool(1, 10).id();
    String batch = batch(samples(pool, 5000));

    var first = expect(202, node.metrics("", batch)).body();
    assertThat(first.path("accepted").asInt()).isEqualTo(5000);
    assertThat(first.path("duplicate").asBoolean()).isFalse();
    var again = expect(202, node.metrics("", batch)).body();
    assertThat(again.path("accepted").asInt()).isEqualTo(5000);
    assertThat(again.path("duplicate").asBoolean()).isTrue();
    assertThat(stored(node)).isEqualTo(5000);

    var tooMany = node.metrics("", batch(samples(pool, 5001)));
    assertThat(tooMany.status()).isEqualTo(413);
    assertThat(tooMany.code()).isEqualTo("batch_too_large");

    var withAnInfinity = samples(pool, 4999);
    withAnInfinity.add(1234, sample(pool, "1e999", Instant.now()));
    var refused = node.metrics("", batch(withAnInfinity));
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.http().body()).contains("value_not_finite");
    assertThat(stored(node)).isEqualTo(5000);
    var partial = expect(202, node.metrics("?mode=partial", batch(withAnInfinity))).body();
    assertThat(partial.path("accepted").asInt()).isEqualTo(4999);
    assertThat(partial.path("rejected").asInt()).isEqualTo(1);
    assertThat(partial.at("/rejections/0/index").asInt()).isEqualTo(1234);
    assertThat(stored(node)).isEqualTo(9999);
  }

  private long stored(Node node) {
    return ((Number)
            Objects.requireNonNull(
                database.value(
                    "SELECT count(*) FROM autoscaler.metrics WHERE node_id = ?", node.id())))
        .longValue();
  }

  private static String batch(List<String> samples) {
    return "{\"batch_id\":\"%s\",\"samples\":[%s]}"
        .formatted(UUID.randomUUID(), String.join(",", samples));
  }

  private static List<String> samples(int pool, int count) {
    Instant now = Instant.now();
    var samples = new ArrayList<String>(count);
    IntStream.range(0, count)
        .forEach(i -> samples.add(sample(pool, i + ".5", now.minusSeconds(i))));
    return samples;
  }

  private static String sample(int pool, String value, Instant at) {
    return "{\"pool_id\":%d,\"metric_type\":\"cpu\",\"value\":%s,\"unit\":\"percent\",\"timestamp\":\"%s\"}"
        .formatted(pool, value, at);
  }
}
