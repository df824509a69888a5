package dev.quintet.tracker.shard;

import dev.quintet.common.sql.DatabaseError;
import dev.quintet.tracker.TrackerConfig;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Promise;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Gathers heartbeats while others are being written, and writes them together: one statement, one
 * commit for all that came meanwhile. An idle replica writes each at once, so nobody ever waits for
 * a timer; under load the batches grow by themselves.
 *
 * <p>Two beats of one pod never share a batch, nor run at the same time: they keep their order.
 */
@ApplicationScoped
class HeartbeatBatches {
  private static final int MOST_TRIES = 4;

  private final HeartbeatQueries queries;
  private final int mostInFlight;
  private final int mostBeats;

  // Guarded by this; held only to move entries, never during I/O.
  private final ArrayDeque<Entry> waiting = new ArrayDeque<>();
  private final Set<String> busy = new HashSet<>();
  private int inFlight;

  HeartbeatBatches(HeartbeatQueries queries, TrackerConfig config) {
    this.queries = queries;
    this.mostInFlight = config.heartbeat().batchesInFlight();
    this.mostBeats = config.heartbeat().batchSize();
  }

  private record Entry(Beat beat, Promise<HeartbeatResult> answer) {}

  Uni<HeartbeatResult> renew(Beat beat) {
    return Uni.createFrom()
        .completionStage(() -> {
          var entry = new Entry(beat, Promise.promise());
          synchronized (this) {
            waiting.add(entry);
          }
          writeNext();
          return entry.answer().future().toCompletionStage();
        });
  }

  private void writeNext() {
    for (var batch = take(); !batch.isEmpty(); batch = take()) {
      write(batch, 1);
    }
  }

  private synchronized List<Entry> take() {
    if (inFlight >= mostInFlight || waiting.isEmpty()) {
      return List.of();
    }
    var batch = new ArrayList<Entry>();
    var later = new ArrayList<Entry>();
    while (batch.size() < mostBeats && !waiting.isEmpty()) {
      Entry entry = waiting.poll();
      (busy.add(entry.beat().key()) ? batch : later).add(entry);
    }
    for (int i = later.size() - 1; i >= 0; i--) {
      waiting.addFirst(later.get(i));
    }
    if (!batch.isEmpty()) {
      inFlight++;
    }
    return batch;
  }

  private void write(List<Entry> batch, int attempt) {
    queries
        .renew(batch.stream().map(Entry::beat).toList())
        .onComplete(done -> {
          if (done.succeeded()) {
            finish(batch);
            for (int i = 0; i < batch.size(); i++) {
              batch.get(i).answer().complete(done.result().get(i));
            }
          } else if (retryable(done.cause()) && attempt < MOST_TRIES) {
            write(batch, attempt + 1);
            return;
          } else {
            finish(batch);
            fail(batch, done.cause());
          }
          writeNext();
        });
  }

  /**
   * A beat that the database refuses must not take its neighbours with it: each is then tried
   * alone.
   */
  private void fail(List<Entry> batch, Throwable cause) {
    boolean oneIsBad =
        batch.size() > 1 && DatabaseError.in(cause).map(DatabaseError::badValue).orElse(false);
    for (Entry entry : batch) {
      if (oneIsBad) {
        queries.renew(List.of(entry.beat())).map(List::getFirst).onComplete(entry.answer());
      } else {
        entry.answer().fail(cause);
      }
    }
  }

  private static boolean retryable(Throwable cause) {
    return DatabaseError.in(cause).map(DatabaseError::retryable).orElse(false);
  }

  private synchronized void finish(List<Entry> batch) {
    batch.forEach(entry -> busy.remove(entry.beat().key()));
    inFlight--;
  }
}
