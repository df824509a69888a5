package dev.quintet.e2e.fleet;

import dev.quintet.common.testing.Backends;
import dev.quintet.common.testing.Database;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Replicas of one service on one database.
 *
 * <p>A service's tests share one fleet, which their client class keeps in a holder: the first test
 * that asks starts it, and it ends with the JVM ({@code Tracker.fleet()} of the tracker; a further
 * service gets a class like it, in a package of its own):
 *
 * <pre>{@code
 * private static final class Holder {
 *   private static final Fleet FLEET = Fleet.of("coordination-service", 2).with("QUINTET_…", "5s").startForAll();
 * }
 * }</pre>
 *
 * <p>A test that stops a backend, or wants other settings, starts a fleet for itself and closes it:
 *
 * <pre>{@code
 * redis = RedisServer.create();
 * fleet = Fleet.of("coordination-service", 2).label("outage-").on(redis).start();
 * …
 * fleet.replicas().getFirst().kill();
 * fleet.replicas().getFirst().start().awaitReady();
 * fleet.api().as("admin").get("/locks");
 * }</pre>
 *
 * Replicas are slow to start: few fleets, and many tests for each.
 */
public final class Fleet implements AutoCloseable {
  private final Database database;
  private final boolean databaseGoesWithItsServer;
  private final List<Replica> replicas;
  private final AtomicInteger turn = new AtomicInteger();

  private Fleet(Database database, boolean databaseGoesWithItsServer, List<Replica> replicas) {
    this.database = database;
    this.databaseGoesWithItsServer = databaseGoesWithItsServer;
    this.replicas = replicas;
  }

  /** Of the service whose module has this name, on the shared backends unless told otherwise. */
  public static Plan of(String service, int replicas) {
    return new Plan(service, replicas);
  }

  /** A fleet that does not run yet. */
  public static final class Plan {
    private final String service;
    private final int size;
    private final Map<String, String> settings = new HashMap<>();
    private String label = "";
    private @Nullable PostgresServer postgres;

    private Plan(String service, int size) {
      this.service = service;
      this.size = size;
    }

    /** Tells its logs apart from those of the service's other fleets. */
    public Plan label(String ofItsOwn) {
      label = ofItsOwn;
      return this;
    }

    /** An environment variable of each replica. */
    public Plan with(String variable, String value) {
      settings.put(variable, value);
      return this;
    }

    /** A database on this server, with which it goes. */
    public Plan on(PostgresServer server) {
      postgres = server;
      return this;
    }

    /** With this Redis instead of the shared one. */
    public Plan on(RedisServer server) {
      return with("REDIS_URL", server.url());
    }

    /** Ready. */
    public Fleet start() {
      // Names of databases are short, and letters and underscores only.
      String name = "e2e_" + service.replace("-service", "");
      var own = postgres;
      var database = Database.create(name, own == null ? Backends.get() : own.backends());
      var replicas =
          IntStream.rangeClosed(1, size)
              .mapToObj(number -> Replica.of(service, label + number, database, settings))
              .toList();
      var fleet = new Fleet(database, own != null, replicas);
      // The first migrates; the others then find nothing to do, and start side by side.
      replicas.getFirst().start().awaitReady();
      replicas.forEach(Replica::start);
      replicas.forEach(Replica::awaitReady);
      return fleet;
    }

    /** Ready, for all tests of this JVM, with which it ends. */
    public Fleet startForAll() {
      var fleet = start();
      Runtime.getRuntime().addShutdownHook(new Thread(fleet::close));
      return fleet;
    }
  }

  public Database database() {
    return database;
  }

  public List<Replica> replicas() {
    return replicas;
  }

  /** The next replica in turn, as a Kubernetes service would choose one. */
  public Replica any() {
    return replicas.get(Math.floorMod(turn.getAndIncrement(), replicas.size()));
  }

  /** A caller of whichever replica answers. */
  public Api api() {
    return Api.of(this::any, replicas.size() * 2);
  }

  /** Ends the replicas, and drops the database. */
  @Override
  public void close() {
    replicas.forEach(Replica::kill);
    if (!databaseGoesWithItsServer) {
      database.close();
    }
  }
}
