package dev.quintet.coordination.modelkey;

import dev.quintet.coordination.modelkey.Keks.Kek;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals a text in {@code v1.{kek_id}.{wrapped}.{iv}.{ct}}: encrypted with a random key of its own
 * by AES-256-GCM, that key wrapped with a key-encryption key in the same way. Both are bound to the
 * place where the text belongs, so an envelope that was copied to another place does not open
 * there. Parts are Base64 for addresses, without padding; {@code wrapped} has its own IV in front.
 */
@ApplicationScoped
class Envelopes {
  private static final String VERSION = "v1";
  private static final String CIPHER = "AES/GCM/NoPadding";
  private static final int KEY_BYTES = 32;
  private static final int IV_BYTES = 12;
  private static final int TAG_BITS = 128;

  private final SecureRandom random = new SecureRandom();
  private final Keks keks;

  Envelopes(Keks keks) {
    this.keks = keks;
  }

  /** Where a key belongs. */
  record Place(String model, String slot, int version) {
    byte[] bytes() {
      return (model + "|" + slot + "|" + version).getBytes(StandardCharsets.UTF_8);
    }
  }

  /** What came out of an envelope. */
  sealed interface Opened {
    /** Its text; not in the words of the record itself. */
    record Plain(String text) implements Opened {
      @Override
      public String toString() {
        return "Plain[masked]";
      }
    }

    /** Sealed with a key-encryption key that is not here. */
    record UnknownKek(String id) implements Opened {}

    /** Not an envelope, not whole, or of another place. */
    record Broken() implements Opened {}
  }

  String seal(String text, Place place, Kek kek) {
    byte[] dataKey = random(KEY_BYTES);
    byte[] iv = random(IV_BYTES);
    try {
      byte[] sealed =
          crypt(
              Cipher.ENCRYPT_MODE,
              aes(dataKey),
              iv,
              place.bytes(),
              text.getBytes(StandardCharsets.UTF_8));
      return String.join(".", VERSION, kek.id(), wrap(dataKey, place, kek), text(iv), text(sealed));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM is part of every Java", e);
    } finally {
      Arrays.fill(dataKey, (byte) 0);
    }
  }

  Opened open(String envelope, Place place) {
    List<String> parts = List.of(envelope.split("\\.", -1));
    if (parts.size() != 5 || !parts.getFirst().equals(VERSION)) {
      return new Opened.Broken();
    }
    var kek = keks.find(parts.get(1));
    if (kek.isEmpty()) {
      return new Opened.UnknownKek(parts.get(1));
    }
    try {
      byte[] dataKey = unwrap(parts.get(2), place, kek.get());
      try {
        byte[] plain =
            crypt(
                Cipher.DECRYPT_MODE,
                aes(dataKey),
                bytes(parts.get(3)),
                place.bytes(),
                bytes(parts.get(4)));
        return new Opened.Plain(new String(plain, StandardCharsets.UTF_8));
      } finally {
        Arrays.fill(dataKey, (byte) 0);
      }
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return new Opened.Broken();
    }
  }

  /** The same text with its data key wrapped anew; the text itself stays sealed. */
  Rewrapped rewrap(String envelope, Place place, Kek to) {
    List<String> parts = List.of(envelope.split("\\.", -1));
    if (parts.size() != 5 || !parts.getFirst().equals(VERSION)) {
      return new Rewrapped.Not(new Opened.Broken());
    }
    var from = keks.find(parts.get(1));
    if (from.isEmpty()) {
      return new Rewrapped.Not(new Opened.UnknownKek(parts.get(1)));
    }
    try {
      byte[] dataKey = unwrap(parts.get(2), place, from.get());
      try {
        return new Rewrapped.Done(
            String.join(
                ".", VERSION, to.id(), wrap(dataKey, place, to), parts.get(3), parts.get(4)));
      } finally {
        Arrays.fill(dataKey, (byte) 0);
      }
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return new Rewrapped.Not(new Opened.Broken());
    }
  }

  /** What became of an envelope whose data key was to be wrapped anew. */
  sealed interface Rewrapped {
    record Done(String envelope) implements Rewrapped {}

    /** It cannot be opened. */
    record Not(Opened reason) implements Rewrapped {}
  }

  private String wrap(byte[] dataKey, Place place, Kek kek) throws GeneralSecurityException {
    byte[] iv = random(IV_BYTES);
    byte[] wrapped = crypt(Cipher.ENCRYPT_MODE, kek.key(), iv, place.bytes(), dataKey);
    byte[] both = Arrays.copyOf(iv, IV_BYTES + wrapped.length);
    System.arraycopy(wrapped, 0, both, IV_BYTES, wrapped.length);
    return text(both);
  }

  private static byte[] unwrap(String wrapped, Place place, Kek kek)
      throws GeneralSecurityException {
    byte[] both = bytes(wrapped);
    if (both.length <= IV_BYTES) {
      throw new IllegalArgumentException("too short");
    }
    byte[] iv = Arrays.copyOf(both, IV_BYTES);
    byte[] sealed = Arrays.copyOfRange(both, IV_BYTES, both.length);
    return crypt(Cipher.DECRYPT_MODE, kek.key(), iv, place.bytes(), sealed);
  }

  private static byte[] crypt(int mode, SecretKey key, byte[] iv, byte[] bound, byte[] data)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance(CIPHER);
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, iv));
    cipher.updateAAD(bound);
    return cipher.doFinal(data);
  }

  private static SecretKey aes(byte[] bytes) {
    return new SecretKeySpec(bytes, "AES");
  }

  private byte[] random(int bytes) {
    byte[] made = new byte[bytes];
    random.nextBytes(made);
    return made;
  }

  private static String text(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static byte[] bytes(String text) {
    return Base64.getUrlDecoder().decode(text);
  }
}
