package dev.quintet.coordination.phash;

import dev.quintet.common.api.coordination.PerceptualHash;
import dev.quintet.common.api.coordination.SimilarDocument;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;

/**
 * The hashes of documents. PostgreSQL has them and answers every search; Redis shows a copy, which
 * follows as well as Redis allows.
 */
@ApplicationScoped
public class PerceptualHashes {
  private final PerceptualHashQueries queries;
  private final HashMirror mirror;

  PerceptualHashes(PerceptualHashQueries queries, HashMirror mirror) {
    this.queries = queries;
    this.mirror = mirror;
  }

  /**
   * True: the document had none before.
   *
   * @param phash 16 hexadecimal digits
   */
  Uni<Boolean> put(UUID document, String phash) {
    return queries
        .put(document, Long.parseUnsignedLong(phash, 16))
        .call(made -> mirror.put(List.of(new PerceptualHash(document, phash))));
  }

  /** False: it had none. */
  Uni<Boolean> delete(UUID document) {
    return queries.delete(document).call(gone -> mirror.remove(List.of(document)));
  }

  /** What is gone from PostgreSQL with its document. */
  public Uni<Void> forget(List<UUID> documents) {
    return mirror.remove(documents);
  }

  /**
   * Nearest first, and none is missing.
   *
   * @param phash 16 hexadecimal digits
   * @param distance 0 to 32 bits
   */
  public Uni<List<SimilarDocument>> search(String phash, int distance, int most) {
    return queries.search(Long.parseUnsignedLong(phash, 16), distance, most);
  }
}
