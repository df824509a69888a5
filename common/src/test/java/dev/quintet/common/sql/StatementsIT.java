package dev.quintet.common.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quintet.common.testing.ServiceBackends;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.inject.Inject;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(ServiceBackends.class)
@SuppressWarnings("NullAway.Init")
class StatementsIT {
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofSeconds(20);

  @Inject Pool pool;

  @Test
  void longWorkHasItsOwnDeadlineHereAndInTheDatabase() {
    var statements = new Statements(pool, SHORT);

    assertThatThrownBy(() -> statements.together(StatementsIT::slow).await().atMost(LONG))
        .isInstanceOf(TimeoutException.class);
    assertThat(statements.together(LONG, StatementsIT::slow).await().atMost(LONG)).isEqualTo("20s");
    assertThat(statements.together(StatementsIT::limit).await().atMost(LONG))
        .as("the next one on that connection")
        .isNotEqualTo("20s");
  }

  private static Uni<String> slow(SqlConnection tx) {
    return tx.query("SELECT pg_sleep(0.6)").execute().chain(slept -> limit(tx));
  }

  private static Uni<String> limit(SqlConnection tx) {
    return tx.query("SHOW statement_timeout")
        .execute()
        .map(rows -> rows.iterator().next().getString(0));
  }
}
