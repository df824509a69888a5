package dev.quintet.autoscaler.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What must outlive the process: the key, and how far each pool's targets have come. Written whole
 * to a file that only its owner reads, and on the disk before a change counts.
 */
final class StateFile {

  /**
   * @param enrolling the idempotency key of an enrolment whose answer was not stored yet
   * @param pools by the cloud's id of the pool
   */
  record State(
      @Nullable Integer nodeId,
      @Nullable String apiKey,
      @Nullable String enrolling,
      Map<String, PoolState> pools) {

    static final State NEW = new State(null, null, null, Map.of());

    @SuppressWarnings("NullAway") // a file written by hand may leave any field out
    State {
      pools = pools == null ? Map.of() : Map.copyOf(pools);
    }

    PoolState pool(String id) {
      return pools.getOrDefault(id, PoolState.NEW);
    }

    State with(String id, PoolState pool) {
      Map<String, PoolState> all = new LinkedHashMap<>(pools);
      all.put(id, pool);
      return new State(nodeId, apiKey, enrolling, all);
    }
  }

  /**
   * @param lastGeneration the newest generation that has been dealt with
   * @param intent a generation that is being applied; after a crash its fate is unknown
   * @param unreported outcomes that the manager has not been told
   */
  record PoolState(long lastGeneration, @Nullable Intent intent, List<Wire.Applied> unreported) {

    static final PoolState NEW = new PoolState(0, null, List.of());

    @SuppressWarnings("NullAway") // a file written by hand may leave any field out
    PoolState {
      unreported = unreported == null ? List.of() : List.copyOf(unreported);
    }

    PoolState with(@Nullable Intent changed) {
      return new PoolState(lastGeneration, changed, unreported);
    }
  }

  /** {@code version} is the pool's as it was seen before the first try. */
  record Intent(int poolId, long generation, int target, int size, String version) {}

  private final Path file;
  private State state;

  private StateFile(Path file, State state) {
    this.file = file;
    this.state = state;
  }

  /**
   * @throws UncheckedIOException if the file is there but cannot be read or understood: starting
   *     over would apply old generations again
   */
  static StateFile open(Path directory) {
    Path file = directory.resolve("agent.json");
    try {
      createPrivately(directory);
      if (!Files.exists(file)) {
        return new StateFile(file, State.NEW);
      }
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      return new StateFile(file, Wire.JSON.readValue(Files.readAllBytes(file), State.class));
    } catch (IOException e) {
      throw new UncheckedIOException("the state in " + file + " is not usable", e);
    }
  }

  static void createPrivately(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
  }

  State state() {
    return state;
  }

  /** Returns once the change is on the disk. */
  void change(UnaryOperator<State> change) {
    State changed = change.apply(state);
    if (changed.equals(state)) {
      return;
    }
    try {
      replace(file, Wire.write(changed).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
    state = changed;
  }

  /** A reader sees the old bytes or the new, also after a power cut; nobody else sees either. */
  static void replace(Path file, byte[] bytes) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    Files.deleteIfExists(next);
    try (var channel =
        FileChannel.open(
            next,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      ByteBuffer left = ByteBuffer.wrap(bytes);
      while (left.hasRemaining()) {
        var unused = channel.write(left);
      }
      channel.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    try (var directory = FileChannel.open(file.toAbsolutePath().getParent())) {
      directory.force(true);
    }
  }
}
