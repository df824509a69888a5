package dev.quintet.coordination.phash;

import dev.quintet.common.api.coordination.PerceptualHash;
import dev.quintet.coordination.job.Job;
import dev.quintet.coordination.phash.HashMirror.Shown;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

/**
 * Makes the copy in Redis what PostgreSQL has: after a flush, and after Redis was away when a hash
 * changed. Page by page, and what changes meanwhile is written by who changes it.
 */
@ApplicationScoped
class MirrorJob implements Job {
  private static final int PAGE = 1_000;
  private static final UUID FIRST = new UUID(0, 0);
  private static final String START = "0";

  private final PerceptualHashQueries queries;
  private final HashMirror mirror;

  MirrorJob(PerceptualHashQueries queries, HashMirror mirror) {
    this.queries = queries;
    this.mirror = mirror;
  }

  @Override
  public String name() {
    return "phash-mirror";
  }

  @Override
  public String schedule() {
    return "5m";
  }

  @Override
  public Uni<String> run() {
    return Uni.combine()
        .all()
        .unis(queries.count(), mirror.count())
        .asTuple()
        .chain(counts ->
            counts.getItem1().equals(counts.getItem2())
                ? Uni.createFrom().item("same=" + counts.getItem1())
                : removeStrangers().chain(this::showAll).map(shown -> "shown=" + shown));
  }

  private Uni<Void> removeStrangers() {
    return Multi.createBy()
        .repeating()
        .uni(
            () -> new AtomicReference<>(START),
            at ->
                mirror
                    .shown(Objects.requireNonNull(at.get()), PAGE)
                    .call(this::removeUnknown)
                    .invoke(shown -> at.set(shown.next())))
        .whilst(shown -> !shown.next().equals(START))
        .onItem()
        .ignoreAsUni();
  }

  private Uni<Void> removeUnknown(Shown shown) {
    return queries
        .known(shown.documents())
        .chain(known ->
            mirror.remove(shown.documents().stream().filter(id -> !known.contains(id)).toList()));
  }

  private Uni<Long> showAll() {
    return Multi.createBy()
        .repeating()
        .uni(
            () -> new AtomicReference<>(FIRST),
            at ->
                queries
                    .page(Objects.requireNonNull(at.get()), PAGE)
                    .call(mirror::put)
                    .invoke(page -> at.set(page.isEmpty() ? FIRST : page.getLast().documentId())))
        .whilst(page -> page.size() == PAGE)
        .onItem()
        .transform(List<PerceptualHash>::size)
        .collect()
        .with(Collectors.summingLong(Integer::longValue));
  }
}
