package dev.quintet.autoscaler.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;

import dev.quintet.autoscaler.testing.People;
import dev.quintet.common.testing.Database;
import dev.quintet.common.testing.Race;
import dev.quintet.common.testing.ServiceBackends;
import dev.quintet.common.testing.Tokens;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The chain of seals: made by hand here, each minute else. */
@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init") // the test resource fills the fields in
class SealIT {
  private static final String APPEND =
      "INSERT INTO autoscaler.audit_logs (user_email, action, category, resource_type, details) VALUES ('a@example.test', 'NODE_UPDATED', 'NODE', '%s', '{}')";

  Database database;
  Tokens tokens;
  @Inject SealJob job;

  private People people;
  private final String type = "sealed-" + UUID.randomUUID();

  @BeforeEach
  void sealed() {
    people = new People(database, tokens);
    people.forget();
    people.seen("ada");
    database.execute("DELETE FROM autoscaler.audit_seals");
    database.execute("UPDATE autoscaler.audit_horizon SET up_to = 0, writers = '{}'");
  }

  @AfterEach
  void unsealed() {
    database.execute("DELETE FROM autoscaler.audit_seals");
  }

  private void append(int rows) {
    for (int i = 0; i < rows; i++) {
      database.execute(APPEND.formatted(type));
    }
  }

  private void seal() {
    job.run().await().atMost(Duration.ofSeconds(10));
  }

  private long id(String which) {
    return (long)
        Objects.requireNonNull(
            database.value(
                "SELECT " + which + "(id) FROM autoscaler.audit_logs WHERE resource_type = ?",
                type));
  }

  private long sealedUpTo() {
    return (long)
        Objects.requireNonNull(
            database.value("SELECT coalesce(max(to_id), 0) FROM autoscaler.audit_seals"));
  }

  private ValidatableResponse verify() {
    return people.admin().get("/api/v1/audit-logs/verify").then().statusCode(200);
  }

  @Test
  void whatIsSealedHolds() {
    append(3);
    seal();
    append(2);
    seal();
    seal();

    assertThat(sealedUpTo()).isEqualTo(id("max"));
    verify()
        .body("valid", equalTo(true), "seals", equalTo(2), "broken", empty())
        .body("unsealed", equalTo(0))
        .body("newest.to_id", equalTo((int) id("max")))
        .body("newest.sha256.length()", equalTo(64));
    append(1);
    verify().body("valid", equalTo(true), "unsealed", equalTo(1));
  }

  /** Scenario A13: by somebody whom no policy stops. */
  @Test
  void aRowThatIsChangedBreaksItsSealAndNoOther() {
    append(3);
    seal();
    append(3);
    long changed = id("max");
    seal();
    append(3);
    seal();

    var unused =
        database.update(
            "UPDATE autoscaler.audit_logs SET user_email = 'b@example.test' WHERE id = ?", changed);

    long seal =
        (long)
            Objects.requireNonNull(
                database.value(
                    "SELECT id FROM autoscaler.audit_seals WHERE ? BETWEEN from_id AND to_id",
                    changed));
    verify()
        .body("valid", equalTo(false), "seals", equalTo(3))
        .body("broken.seal_id", contains((int) seal))
        .body("broken[0].fault", equalTo("a row was changed"));
  }

  @Test
  void aRowThatIsTakenAwayOrSlippedInBreaksItsSeal() {
    append(4);
    database.execute("SELECT nextval('autoscaler.audit_logs_id_seq')"); // a number never used
    append(1);
    seal();
    append(1);
    seal();
    long gap = id("max") - 2;

    var slipped =
        database.update(
            "INSERT INTO autoscaler.audit_logs (id, action, category) VALUES (?, 'X', 'NODE')",
            gap);
    assertThat(slipped).isEqualTo(1);
    verify()
        .body("valid", equalTo(false), "broken.size()", equalTo(1))
        .body("broken[0].fault", containsString("rows, and"));
    var taken =
        database.update("DELETE FROM autoscaler.audit_logs WHERE id IN (?, ?)", gap, gap - 1);
    assertThat(taken).isEqualTo(2);
    verify().body("valid", equalTo(false), "broken.size()", equalTo(1));
  }

  @Test
  void aSealThatIsTakenAwayIsMissed() {
    append(1);
    seal();
    append(1);
    seal();
    append(1);
    seal();
    var unused =
        database.update(
            "DELETE FROM autoscaler.audit_seals WHERE id = (SELECT min(id) + 1 FROM autoscaler.audit_seals)");
    verify()
        .body("valid", equalTo(false))
        .body("broken[0].fault", containsString("does not build on"));
  }

  /** Ids are given out before their rows commit: the later id may be there first. */
  @Test
  void aRowThatCommitsLateIsNotMissed() throws Exception {
    append(1);
    try (Connection slow = database.connect();
        var writing = slow.createStatement()) {
      slow.setAutoCommit(false);
      writing.execute(APPEND.formatted(type));
      append(2);
      long last = id("max");

      seal();
      seal();
      assertThat(sealedUpTo()).as("sealed while a lower id was under way").isLessThan(last - 2);

      slow.commit();
    }
    seal();
    assertThat(sealedUpTo()).isEqualTo(id("max"));
    verify().body("valid", equalTo(true), "unsealed", equalTo(0));
  }

  /**
   * There is always somebody writing: what was written before they began is sealed all the same.
   */
  @Test
  void sealingGoesOnWhileOthersWrite() throws Exception {
    append(3);
    long before = id("max");
    try (Connection first = database.connect();
        Connection second = database.connect();
        var one = first.createStatement();
        var two = second.createStatement()) {
      first.setAutoCommit(false);
      second.setAutoCommit(false);
      one.execute(APPEND.formatted(type));
      seal();
      two.execute(APPEND.formatted(type));
      first.commit();
      seal();

      assertThat(sealedUpTo()).isGreaterThanOrEqualTo(before);
      second.rollback();
    }
    seal();
    assertThat(sealedUpTo()).isEqualTo(id("max"));
    verify().body("valid", equalTo(true));
  }

  @Test
  void whatIsRolledBackIsNotMissed() throws Exception {
    append(1);
    try (Connection gone = database.connect();
        var writing = gone.createStatement()) {
      gone.setAutoCommit(false);
      writing.execute(APPEND.formatted(type));
      gone.rollback();
    }
    append(1);
    seal();
    verify().body("valid", equalTo(true), "unsealed", equalTo(0));
  }

  /** Two replicas, and writers: each row is under one seal, in the end. */
  @Test
  void manyWhoSealAtOnceMakeOneChain() {
    var unused =
        Race.of(
            8,
            n ->
                () -> {
                  for (int i = 0; i < 25; i++) {
                    if (n < 4) {
                      append(1);
                    } else {
                      seal();
                    }
                  }
                  return n;
                });
    seal();
    assertThat(sealedUpTo()).isEqualTo(id("max"));
    assertThat(
            database.value(
                """
                SELECT count(*) FROM autoscaler.audit_logs a
                 WHERE (SELECT count(*) FROM autoscaler.audit_seals s WHERE a.id BETWEEN s.from_id AND s.to_id) <> 1
                """))
        .isEqualTo(0L);
    verify().body("valid", equalTo(true), "unsealed", equalTo(0));
  }

  /** Invariant I13 and seals: the row loses its user's number, not its seal. */
  @Test
  void aUserWhoIsDeletedBreaksNoSeal() {
    people.seen("dev");
    seal();
    var unused = database.update("DELETE FROM autoscaler.users WHERE email = 'dev@example.test'");
    verify().body("valid", equalTo(true));
  }

  /** Of its year, and whole. */
  @Test
  void whatRetentionTookIsNotMissed() {
    append(2);
    seal();
    append(2);
    seal();
    var purged =
        database.update(
            // Whole, as retention does it: rows of others may stand in the oldest span too.
            "DELETE FROM autoscaler.audit_logs WHERE id <= (SELECT min(to_id) FROM autoscaler.audit_seals)");
    assertThat(purged).isGreaterThanOrEqualTo(2);
    assertThat(database.rows("SELECT 1 FROM autoscaler.audit_logs WHERE resource_type = ?", type))
        .hasSize(2);
    verify().body("valid", equalTo(false));

    var aged =
        database.update(
            "UPDATE autoscaler.audit_seals SET sealed_at = now() - interval '366 days' WHERE id = (SELECT min(id) FROM autoscaler.audit_seals)");
    assertThat(aged).isEqualTo(1);
    verify().body("valid", equalTo(true));
  }
}
