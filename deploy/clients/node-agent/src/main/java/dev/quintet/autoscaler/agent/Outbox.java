package dev.quintet.autoscaler.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Batches of metrics that the manager has not confirmed, oldest first, each a file. A batch keeps
 * its id and its bytes over every retry and restart, so the manager stores it once.
 */
final class Outbox {

  /** The manager takes 5,000 samples and 1 MiB; a sample is under 260 bytes for usual ids. */
  static final int BATCH = 2_000;

  private static final Pattern NAME = Pattern.compile("\\d{12}-[0-9a-f-]{36}\\.json");

  private record Entry(Path file, long bytes) {}

  private final Path directory;
  private final long mostBytes;
  private final Log log;
  private final Deque<Entry> entries = new ArrayDeque<>();
  private long bytes;
  private long sequence;
  private long dropped;

  Outbox(Path directory, long mostBytes, Log log) throws IOException {
    this.directory = directory;
    this.mostBytes = mostBytes;
    this.log = log;
    StateFile.createPrivately(directory);
    List<Path> files;
    try (Stream<Path> all = Files.list(directory)) {
      files = all.filter(file -> NAME.matcher("" + file.getFileName()).matches()).sorted().toList();
    }
    for (Path file : files) {
      add(new Entry(file, Files.size(file)));
      sequence = Long.parseLong(file.getFileName().toString().substring(0, 12));
    }
  }

  /** Returns once the samples are on the disk. */
  void seal(List<Wire.Sample> samples) throws IOException {
    for (int from = 0; from < samples.size(); from += BATCH) {
      List<Wire.Sample> some = samples.subList(from, Math.min(samples.size(), from + BATCH));
      String id = UUID.randomUUID().toString();
      byte[] body = Wire.write(new Wire.Batch(id, some)).getBytes(StandardCharsets.UTF_8);
      sequence++;
      Path file = directory.resolve("%012d-%s.json".formatted(sequence, id));
      StateFile.replace(file, body);
      add(new Entry(file, body.length));
    }
    // The newest stays even if it alone is over the bound.
    while (bytes > mostBytes && entries.size() > 1) {
      dropped++;
      log.error("dropped", "batch", first().orElseThrow().getFileName(), "because", "outbox full");
      remove();
    }
  }

  private void add(Entry entry) {
    entries.add(entry);
    bytes += entry.bytes();
  }

  Optional<Path> first() {
    return Optional.ofNullable(entries.peek()).map(Entry::file);
  }

  /** Forgets the first batch: it is confirmed, or will never be. */
  void remove() throws IOException {
    Entry entry = entries.remove();
    bytes -= entry.bytes();
    Files.deleteIfExists(entry.file());
  }

  int size() {
    return entries.size();
  }

  long dropped() {
    return dropped;
  }

  void refusedForGood() throws IOException {
    dropped++;
    remove();
  }
}
