package dev.quintet.coordination.phash;

import dev.quintet.common.api.coordination.PerceptualHash;
import dev.quintet.common.api.coordination.SimilarDocument;
import dev.quintet.common.sql.Statements;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Rows of perceptual_hashes, and who is near whom. */
@ApplicationScoped
class PerceptualHashQueries {
  /** $1 document, $2 hash. */
  private static final String PUT =
      """
      INSERT INTO coordination.perceptual_hashes AS p (document_id, phash) VALUES ($1, $2)
      ON CONFLICT (document_id) DO UPDATE SET phash = excluded.phash
      RETURNING p.xmax = 0 AS made
      """;

  /** $1 document. */
  private static final String DELETE =
      "DELETE FROM coordination.perceptual_hashes WHERE document_id = $1";

  /** $1 hash, $2 distance, $3 rows, $4 to $7 the values that the slices may have. */
  private static final String NEAR =
      """
      SELECT p.document_id, bit_count((p.phash # $1)::bit(64))::integer AS distance
        FROM coordination.perceptual_hashes p
       WHERE (p.c0 = ANY ($4::integer[]) OR p.c1 = ANY ($5::integer[]) OR p.c2 = ANY ($6::integer[]) OR p.c3 = ANY ($7::integer[]))
         AND bit_count((p.phash # $1)::bit(64)) <= $2
       ORDER BY distance, p.document_id
       LIMIT $3
      """;

  /** $1 hash, $2 distance, $3 rows. */
  private static final String SCAN =
      """
      SELECT p.document_id, bit_count((p.phash # $1)::bit(64))::integer AS distance
        FROM coordination.perceptual_hashes p
       WHERE bit_count((p.phash # $1)::bit(64)) <= $2
       ORDER BY distance, p.document_id
       LIMIT $3
      """;

  private static final String COUNT = "SELECT count(*) AS n FROM coordination.perceptual_hashes";

  /** $1 id behind which, $2 rows. */
  private static final String PAGE =
      "SELECT document_id, phash FROM coordination.perceptual_hashes WHERE document_id > $1 ORDER BY document_id LIMIT $2";

  /** $1 documents. Those of them that have a hash. */
  private static final String KNOWN =
      "SELECT document_id FROM coordination.perceptual_hashes WHERE document_id = ANY ($1::uuid[])";

  private final Statements statements;

  PerceptualHashQueries(Statements statements) {
    this.statements = statements;
  }

  /** True: the document had none before. */
  Uni<Boolean> put(UUID document, long hash) {
    return statements
        .run(PUT, Tuple.of(document, hash))
        .map(rows -> rows.iterator().next().getBoolean("made"));
  }

  /** False: it had none. */
  Uni<Boolean> delete(UUID document) {
    return statements.run(DELETE, Tuple.of(document)).map(done -> done.rowCount() > 0);
  }

  /** Nearest first. */
  Uni<List<SimilarDocument>> search(long hash, int distance, int most) {
    return (distance <= Neighbours.FARTHEST
            ? statements.run(NEAR, near(hash, distance, most))
            : statements.run(SCAN, Tuple.of(hash, distance, most)))
        .map(rows ->
            stream(rows)
                .map(row ->
                    SimilarDocument.of(row.getUUID("document_id"), row.getInteger("distance")))
                .toList());
  }

  private static Tuple near(long hash, int distance, int most) {
    var values = Tuple.of(hash, distance, most);
    Neighbours.of(hash, distance).forEach(values::addArrayOfInteger);
    return values;
  }

  Uni<Long> count() {
    return statements.run(COUNT).map(rows -> rows.iterator().next().getLong("n"));
  }

  /** By rising id. */
  Uni<List<PerceptualHash>> page(UUID behind, int rows) {
    return statements
        .run(PAGE, Tuple.of(behind, rows))
        .map(found ->
            stream(found)
                .map(row ->
                    new PerceptualHash(row.getUUID("document_id"), hex(row.getLong("phash"))))
                .toList());
  }

  Uni<Set<UUID>> known(List<UUID> documents) {
    return statements
        .run(KNOWN, Tuple.of(documents.toArray(UUID[]::new)))
        .map(found ->
            stream(found).map(row -> row.getUUID("document_id")).collect(Collectors.toSet()));
  }

  static String hex(long hash) {
    return HexFormat.of().toHexDigits(hash);
  }

  private static java.util.stream.Stream<Row> stream(RowSet<Row> rows) {
    return StreamSupport.stream(rows.spliterator(), false);
  }
}
