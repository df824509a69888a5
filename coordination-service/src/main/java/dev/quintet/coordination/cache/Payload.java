package dev.quintet.coordination.cache;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * A value as it lies in Redis: a byte that names the codec, and the JSON text, from 1,024 bytes on
 * compressed. Codecs 2 and 3 are 0 and 1 of a value that is served for a while after its time;
 * after them come 13 digits, when that began or begins, in milliseconds since 1970.
 *
 * @param bytes without the codec's byte
 */
record Payload(byte[] bytes, boolean gzip) {
  private static final int COMPRESSED_FROM = 1_024;
  private static final int RAW = 0;
  private static final int GZIP = 1;
  private static final int GRACED = 2;
  private static final int DIGITS = 13;

  /** Long values are best packed off the event loop. */
  static final int SHORT = 64 * 1024;

  static Payload of(byte[] json) {
    if (json.length < COMPRESSED_FROM) {
      return new Payload(json, false);
    }
    byte[] packed = packed(json);
    // What does not get shorter is not worth unpacking.
    return packed.length < json.length ? new Payload(packed, true) : new Payload(json, false);
  }

  static boolean isJson(JsonFactory factory, byte[] text) {
    // Strict, so that a reader who decodes the bytes finds the same text.
    try (JsonParser parser =
        factory.createParser(
            StandardCharsets.UTF_8
                .newDecoder()
                .decode(java.nio.ByteBuffer.wrap(text))
                .toString())) {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      return parser.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }

  String codec() {
    return gzip ? "gzip" : "raw";
  }

  /** In bytes, as Redis has it. */
  int size(boolean graced) {
    return 1 + (graced ? DIGITS : 0) + bytes.length;
  }

  Buffer stored() {
    return Buffer.buffer(size(false)).appendByte((byte) (gzip ? GZIP : RAW)).appendBytes(bytes);
  }

  /** {@code freshUntilMs}: from then on it is served as stale. */
  Buffer storedWithGrace(long freshUntilMs) {
    return Buffer.buffer(size(true))
        .appendByte((byte) (GRACED + (gzip ? GZIP : RAW)))
        .appendString(String.format("%0" + DIGITS + "d", freshUntilMs))
        .appendBytes(bytes);
  }

  static Payload read(byte[] stored) {
    int codec = stored.length == 0 ? -1 : stored[0];
    if (codec < RAW || codec > GRACED + GZIP) {
      throw new IllegalStateException("a value with the codec " + codec);
    }
    int from = codec >= GRACED ? 1 + DIGITS : 1;
    return new Payload(
        java.util.Arrays.copyOfRange(stored, from, stored.length), codec % GRACED == GZIP);
  }

  /** The JSON text. */
  byte[] unpacked() {
    if (!gzip) {
      return bytes;
    }
    try (var in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] packed(byte[] json) {
    var out = new ByteArrayOutputStream(json.length / 2);
    try (var gzip =
        new GZIPOutputStream(out) {
          {
            def.setLevel(Deflater.BEST_SPEED);
          }
        }) {
      gzip.write(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
