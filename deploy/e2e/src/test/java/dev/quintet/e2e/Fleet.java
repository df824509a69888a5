package dev.quintet.e2e;

import dev.quintet.common.testing.Database;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** Replicas of tracker-service on one database. */
final class Fleet implements AutoCloseable {
  static final int REPLICAS = 3;

  private static final class Holder {
    private static final Fleet FLEET = start();

    private static Fleet start() {
      var database = Database.create("e2e");
      var settings = Map.of("QUINTET_TRACKER_UPKEEP_CLEANUP", "5s");
      var fleet = Fleet.on(database, "", REPLICAS, settings);
      Runtime.getRuntime().addShutdownHook(new Thread(fleet::close));
      return fleet;
    }
  }

  private final Database database;
  private final List<Replica> replicas;
  private final AtomicInteger turn = new AtomicInteger();

  private Fleet(Database database, List<Replica> replicas) {
    this.database = database;
    this.replicas = replicas;
  }

  /** Three replicas on the shared backends: started once for all tests of the module. */
  static Fleet get() {
    return Holder.FLEET;
  }

  /** A fleet of the caller's own, ready; the label tells its logs apart. */
  static Fleet on(Database database, String label, int size, Map<String, String> settings) {
    var replicas =
        IntStream.rangeClosed(1, size)
            .mapToObj(number -> Replica.of("tracker-service", label + number, database, settings))
            .toList();
    var fleet = new Fleet(database, replicas);
    // The first migrates; the others then find nothing to do.
    replicas.getFirst().start().awaitReady();
    replicas.forEach(Replica::start);
    replicas.forEach(Replica::awaitReady);
    return fleet;
  }

  Database database() {
    return database;
  }

  List<Replica> replicas() {
    return replicas;
  }

  /** The next replica in turn, as a Kubernetes service would choose one. */
  Replica any() {
    return replicas.get(Math.floorMod(turn.getAndIncrement(), replicas.size()));
  }

  /** Ends the replicas, and drops the database. */
  @Override
  public void close() {
    replicas.forEach(Replica::kill);
    database.close();
  }
}
