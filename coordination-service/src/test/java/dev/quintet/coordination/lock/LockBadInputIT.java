package dev.quintet.coordination.lock;

import static dev.quintet.coordination.lock.LockClient.lock;
import static dev.quintet.coordination.lock.LockClient.object;
import static dev.quintet.coordination.lock.LockClient.unique;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
class LockBadInputIT {
  private final LockClient client = LockClient.service();

  @AfterEach
  void close() {
    client.close();
  }

  private static Arguments bad(String code, String what, Consumer<ObjectNode> change) {
    return Arguments.of(code, what, change);
  }

  static Stream<Arguments> badLocks() {
    return Stream.of(
        bad("invalid_lock_key", "no key", o -> o.remove("lock_key")),
        bad("invalid_lock_key", "empty key", o -> o.put("lock_key", "")),
        bad("invalid_lock_key", "256 characters", o -> o.put("lock_key", "k".repeat(256))),
        bad("invalid_lock_key", "control character", o -> o.put("lock_key", "a\nb")),
        bad("invalid_lock_key", "dots", o -> o.put("lock_key", "..")),
        bad("invalid_lock_key", "a number", o -> o.put("lock_key", 5)),
        bad("invalid_holder", "no holder", o -> o.remove("holder")),
        bad("invalid_holder", "blank holder", o -> o.put("holder", " ")),
        bad("invalid_holder", "long holder", o -> o.put("holder", "h".repeat(256))),
        bad("ttl_out_of_range", "99 ms", o -> o.put("ttl_ms", 99)),
        bad("ttl_out_of_range", "a day and more", o -> o.put("ttl_ms", 86_400_001)),
        bad("ttl_out_of_range", "too large a number", o -> o.put("ttl_ms", 1e30)),
        bad("wait_out_of_range", "more than 60 s", o -> o.put("wait_ms", 60_001)),
        bad("wait_out_of_range", "negative wait", o -> o.put("wait_ms", -1)),
        bad("delay_out_of_range", "delay", o -> o.put("lock_delay_ms", 60_001)),
        bad("delay_out_of_range", "hold beyond ttl", o -> o.put("min_hold_ms", 60_001)),
        bad("invalid_mode", "unknown mode", o -> o.put("mode", "EXCLUSIVE")),
        bad(
            "invalid_mode",
            "shared and reentrant",
            o -> o.put("mode", "shared").put("reentrant", true)),
        bad("wrong_type", "lease id", o -> o.put("lease_id", "nope")),
        bad("metadata_not_object", "array", o -> o.putArray("metadata")),
        bad("metadata_not_object", "text", o -> o.put("metadata", "x")),
        bad(
            "metadata_too_large",
            "more than 8 KiB",
            o -> o.putObject("metadata").put("x", "y".repeat(8_192))),
        bad("unknown_field", "unknown", o -> o.put("colour", "red")),
        bad("unknown_semaphore", "no semaphore", o -> o.put("mode", "permit")));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("badLocks")
  void aBadLockRequestIsRefusedWithItsCode(String code, String what, Consumer<ObjectNode> change) {
    var body = lock(unique("bad"), "a");
    change.accept(body);
    var refused = client.post("/locks", body);
    assertThat(refused.code()).as("%s: %s", what, refused).isEqualTo(code);
    assertThat(refused.status()).isEqualTo(code.equals("unknown_semaphore") ? 404 : 422);
  }

  @Test
  void whatIsNotJsonIsSaidSo() {
    assertThat(client.post("/locks", "{").code()).isEqualTo("malformed_json");
    assertThat(client.post("/locks", "[]").code()).isEqualTo("wrong_type");
  }

  @Test
  void theLargestOfAllIsTaken() {
    var body = lock("😀".repeat(255), "h".repeat(255));
    body.put("ttl_ms", 86_400_000).putObject("metadata").put("x", "y".repeat(8_000));
    var granted = client.post("/locks", body);
    assertThat(granted.status()).as("%s", granted).isEqualTo(201);
    assertThat(client.release("😀".repeat(255), granted.lease()).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "/locks/k/lease?lease_id=nope, invalid_parameter",
    "/locks/k/lease, invalid_parameter",
    "/locks/a%0Ab/lease?lease_id=x, invalid_lock_key",
    "/semaphores/s/permits/nope, invalid_parameter"
  })
  void badAddresses(String path, String code) {
    var refused = client.delete(path);
    assertThat(refused.code()).as("%s", refused).isEqualTo(code);
  }

  @Test
  void badBatches() {
    assertThat(client.post("/locks/batch", object()).code()).isEqualTo("required");
    var twice = object().put("holder", "a");
    twice.putArray("locks").add(object().put("lock_key", "x")).add(object().put("lock_key", "x"));
    assertThat(client.post("/locks/batch", twice).code()).isEqualTo("invalid_lock_key");
    var nobody = object();
    nobody.putArray("locks").add(object().put("lock_key", "x"));
    assertThat(client.post("/locks/batch", nobody).code()).isEqualTo("invalid_holder");
    var nothing = object().put("holder", "a");
    nothing.putArray("locks").addNull();
    assertThat(client.post("/locks/batch", nothing).status()).isEqualTo(422);
    var many = object().put("holder", "a");
    var locks = many.putArray("locks");
    for (int i = 0; i <= 100; i++) {
      locks.add(object().put("lock_key", "x" + i));
    }
    var refused = client.post("/locks/batch", many);
    assertThat(refused.status()).isEqualTo(413);
    assertThat(refused.code()).isEqualTo("batch_too_large");
  }

  @Test
  void badTokensAndReasons() {
    assertThat(client.post("/fences/f/accept", object()).code()).isEqualTo("invalid_token");
    assertThat(client.accept("f", 0).code()).isEqualTo("invalid_token");
    assertThat(
            client
                .post("/fences/" + "f".repeat(256) + "/accept", object().put("fencing_token", 1))
                .code())
        .isEqualTo("invalid_resource");
    assertThat(client.post("/locks/k/verify", object()).code()).isEqualTo("invalid_token");
    assertThat(client.put("/locks/k/lease", object()).code()).isEqualTo("required");
    try (var devops = new LockClient("devops")) {
      assertThat(devops.put("/semaphores/s", object().put("permits", 0)).code())
          .isEqualTo("invalid_permits");
      assertThat(devops.put("/semaphores/s", object()).code()).isEqualTo("invalid_permits");
      assertThat(devops.post("/locks/k/force-release", object().put("reason", " ")).code())
          .isEqualTo("reason_required");
    }
  }
}
