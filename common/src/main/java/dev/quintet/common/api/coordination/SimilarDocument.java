package dev.quintet.common.api.coordination;

import java.util.UUID;

/**
 * @param distance bits of 64 in which its hash differs
 * @param similarity the part that agrees, from 0 to 1
 */
public record SimilarDocument(UUID documentId, int distance, double similarity) {
  private static final double BITS = 64;

  public static SimilarDocument of(UUID documentId, int distance) {
    return new SimilarDocument(documentId, distance, 1 - distance / BITS);
  }
}
