package dev.quintet.coordination.cache;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Where a value lies, and what makes it out of date.
 *
 * @param model null: of a document, not of its enhancement by a model
 * @param contentHash of the document, in lower case
 * @param preferencesHash as it stands in the key: of a value for one user, mixed with the user
 * @param documentId whose change ends the value
 * @param userId whose value it is, or null
 */
record Place(
    @Nullable String model,
    String contentHash,
    String preferencesHash,
    @Nullable UUID documentId,
    @Nullable UUID userId) {
  static final String DOCUMENT = "document";
  static final String ENHANCEMENT = "enhancement";

  private static final int BYTES = 16;

  /** A value for one user lies where nobody without his id looks. */
  static Place of(
      @Nullable String model,
      String contentHash,
      String preferencesHash,
      @Nullable UUID documentId,
      @Nullable UUID userId,
      boolean scoped) {
    return new Place(
        model,
        contentHash,
        scoped && userId != null ? mixed(preferencesHash, userId) : preferencesHash,
        documentId,
        userId);
  }

  String type() {
    return model == null ? DOCUMENT : ENHANCEMENT;
  }

  /** The seed's, as it stands in cache_metadata; Redis may have a prefix before it. */
  String key() {
    return model == null
        ? "cache:doc:" + contentHash + ":" + preferencesHash
        : "cache:enhance:" + model + ":" + contentHash + ":" + preferencesHash;
  }

  List<Generation> generations() {
    var all = new ArrayList<>(List.of(Generation.OF_ALL, Generation.ofKey(key())));
    if (documentId != null) {
      all.add(Generation.ofDocument(documentId));
    }
    if (userId != null) {
      all.add(Generation.ofUser(userId));
    }
    if (model != null) {
      all.add(Generation.ofModel(model));
    }
    return all;
  }

  private static String mixed(String preferencesHash, UUID userId) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(userId.toString().getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      byte[] sum = mac.doFinal(preferencesHash.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(Arrays.copyOf(sum, BYTES));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }
}
