package dev.quintet.e2e;

import dev.quintet.common.testing.Database;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** Three replicas of tracker-service on one database: started once for all tests of the module. */
final class Fleet {
  static final int REPLICAS = 3;

  private static final class Holder {
    private static final Fleet FLEET = start();
  }

  private final Database database;
  private final List<Replica> replicas;
  private final AtomicInteger turn = new AtomicInteger();

  private Fleet(Database database, List<Replica> replicas) {
    this.database = database;
    this.replicas = replicas;
  }

  static Fleet get() {
    return Holder.FLEET;
  }

  private static Fleet start() {
    var database = Database.create("e2e");
    var settings = Map.of("QUINTET_TRACKER_UPKEEP_CLEANUP", "5s");
    var replicas =
        IntStream.rangeClosed(1, REPLICAS)
            .mapToObj(number -> Replica.of("tracker-service", number, database, settings))
            .toList();
    var fleet = new Fleet(database, replicas);
    Runtime.getRuntime().addShutdownHook(new Thread(fleet::stop));
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

  private void stop() {
    replicas.forEach(Replica::kill);
    database.close();
  }
}
