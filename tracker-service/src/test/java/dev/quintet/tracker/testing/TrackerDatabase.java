package dev.quintet.tracker.testing;

import dev.quintet.common.testing.Database;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.flywaydb.core.Flyway;

/**
 * The tracker's schema alone, as the migrations make it, in a database that all tests of this
 * process share one after the other.
 */
public final class TrackerDatabase {
  private static final class Holder {
    private static final TrackerDatabase SHARED =
        new TrackerDatabase(Database.create("tracker_sql"));
  }

  private final Database database;
  private final Map<String, Session> sessions = new ConcurrentHashMap<>();
  private final Session owner;
  private final String deletes;

  private TrackerDatabase(Database database) {
    this.database = database;
    // Races are counted, not waited for: a deadlock shows after 50 ms here and not after a second.
    database.execute("ALTER DATABASE " + database.name() + " SET deadlock_timeout = '50ms'");
    Flyway.configure()
        .dataSource(database.jdbcUrl(), "quintet_owner", "owner-dev")
        .schemas("tracker")
        .locations("db/migration/tracker")
        .load()
        .migrate();
    this.owner = superuser();
    owner.run("SELECT tracker.housekeeping()");
    this.deletes =
        owner
            .lines(
                """
                SELECT 'DELETE FROM ' || c.oid::regclass FROM pg_class c
                 WHERE c.relnamespace = 'tracker'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                   AND c.relname NOT IN ('flyway_schema_history', 'service_state', 'event_counter')
                """)
            .stream()
            .collect(
                Collectors.joining("; ", "UPDATE tracker.event_counter SET last_id = 0; ", ""));
    Runtime.getRuntime().addShutdownHook(new Thread(database::close));
  }

  public static TrackerDatabase get() {
    return Holder.SHARED;
  }

  /** As if it had just been migrated. Not TRUNCATE: for a few rows it takes ten times as long. */
  public TrackerDatabase emptied() {
    owner.run(
        "SET session_replication_role = replica; " + deletes + "; RESET session_replication_role");
    return this;
  }

  /** The superuser that all tests share, one after the other. */
  public Session owner() {
    return owner;
  }

  /** Returns as soon as this many statements wait for a lock that another transaction has. */
  public void awaitBlocked(int statements) {
    long limit = System.nanoTime() + 10_000_000_000L;
    while (owner.number(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        < statements) {
      if (System.nanoTime() > limit) {
        throw new AssertionError("nobody waits for a lock");
      }
      Thread.onSpinWait();
    }
  }

  /** The role that tracker-service logs in as. */
  public Session service() {
    return service(0);
  }

  /** Connections are kept by number: the first calls on a new one are slow, as it plans anew. */
  public Session service(int number) {
    return sessions.computeIfAbsent(
        "tracker_service " + number, key -> connect("tracker_service", "tracker-dev"));
  }

  /** A role that cannot log in; PostgREST would switch to it. */
  public Session as(String role) {
    return sessions.computeIfAbsent(
        role,
        key -> {
          Session session = superuser();
          session.run("SET SESSION AUTHORIZATION " + role);
          return session;
        });
  }

  /** May do anything, also what no caller may: age rows, break a rule to see it noticed. */
  public Session superuser(int number) {
    return sessions.computeIfAbsent("superuser " + number, key -> superuser());
  }

  private Session superuser() {
    try {
      return new Session(database.connect());
    } catch (SQLException e) {
      throw new Refused("connect", e);
    }
  }

  private Session connect(String user, String password) {
    try {
      return new Session(DriverManager.getConnection(database.jdbcUrl(), user, password));
    } catch (SQLException e) {
      throw new Refused("connect as " + user, e);
    }
  }
}
