package dev.quintet.coordination.cache;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/**
 * Tells PostgreSQL of values that were stored while it was away. Told twice, by two replicas or
 * after a crash, changes nothing.
 */
@ApplicationScoped
class LateMetadata {
  private static final int BATCH = 500;

  private final CacheStore store;
  private final MetadataQueries metadata;

  LateMetadata(CacheStore store, MetadataQueries metadata) {
    this.store = store;
    this.metadata = metadata;
  }

  /** All of it. Values of documents and users who went meanwhile are deleted. */
  Uni<Integer> tell() {
    return tell(0);
  }

  private Uni<Integer> tell(int told) {
    return store
        .untold(BATCH)
        .chain(entries ->
            entries.isEmpty()
                ? Uni.createFrom().item(told)
                : metadata
                    .registerLate(rows(entries))
                    .chain(store::delete)
                    .chain(() -> store.told(entries))
                    .chain(() -> tell(told + entries.size())));
  }

  /** Each entry is the time in ms, a space, and an object; together they are an array. */
  private static String rows(List<String> entries) {
    var array = new StringBuilder("[");
    for (String entry : entries) {
      int space = entry.indexOf(' ');
      array
          .append(array.length() == 1 ? "" : ",")
          .append("{\"created_at_ms\":")
          .append(entry, 0, space)
          .append(',')
          .append(entry, space + 2, entry.length());
    }
    return array.append(']').toString();
  }
}
