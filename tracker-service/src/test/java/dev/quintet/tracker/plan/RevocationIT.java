package dev.quintet.tracker.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;

import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** An administrator takes a shard. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class RevocationIT {
  Database database;
  Tokens tokens;

  @Test
  void theHolderIsToldAndNobodyGetsItWhileItIsHeld() {
    var fleet = new Fleet(database, tokens, 1, Map.of());
    var holder = fleet.pod("a").holds(1).ready();

    fleet
        .post("admin", "/shards/0/revoke", Map.of("reason", "looping", "hold_s", 60))
        .statusCode(200)
        .body("revoked", equalTo(true))
        .body("instance_id", equalTo("a"))
        .body("held_until", notNullValue());

    holder.report("ready", Map.of()).then().statusCode(409).body("reason", equalTo("revoked"));
    fleet.pod("b").ask(1, false).then().statusCode(409);
    fleet.plansAge(61);
    fleet.pod("b").holds(1);
  }

  @Test
  void aRepeatedKeyTakesNoSecondHolder() {
    var fleet = new Fleet(database, tokens, 1, Map.of());
    fleet.pod("a").holds(1);
    String key = UUID.randomUUID().toString();
    var first =
        fleet
            .as("admin")
            .header("Idempotency-Key", key)
            .body("{}")
            .post(fleet.path("/shards/0/revoke"));
    var heir = fleet.pod("b").holds(1).ready();
    var again =
        fleet
            .as("admin")
            .header("Idempotency-Key", key)
            .body("{}")
            .post(fleet.path("/shards/0/revoke"));

    assertThat(again.asString()).isEqualTo(first.asString());
    assertThat(heir.beat("ready").getList("shards.outcome")).containsExactly("renewed");
    assertThat(fleet.events("shard.revoked")).isEqualTo(1);
  }

  @Test
  void whatIsNotThereCannotBeTaken() {
    var fleet = new Fleet(database, tokens, 1, Map.of());
    fleet
        .post("admin", "/shards/1/revoke", Map.of())
        .statusCode(404)
        .body("code", equalTo("unknown_shard"));
    fleet
        .post("admin", "/shards/-1/revoke", Map.of())
        .statusCode(404)
        .body("code", equalTo("unknown_shard"));
    fleet
        .post("admin", "/shards/0/revoke", Map.of())
        .statusCode(200)
        .body("revoked", equalTo(false));
    fleet
        .post("admin", "/shards/0/revoke", Map.of("hold_s", -1, "reason", "x".repeat(257)))
        .statusCode(422)
        .body("errors.size()", equalTo(2));
  }
}
