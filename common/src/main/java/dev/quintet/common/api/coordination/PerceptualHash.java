package dev.quintet.common.api.coordination;

import java.util.UUID;

/**
 * @param phash 16 hexadecimal digits
 */
public record PerceptualHash(UUID documentId, String phash) {}
