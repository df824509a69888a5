package dev.quintet.autoscaler.login;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EllipticCurve;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import javax.crypto.KeyAgreement;

/**
 * The mounted private key, and the public one that follows from it.
 *
 * @param algorithm ES256 or RS256
 */
record LocalKeys(String algorithm, PrivateKey privateKey, PublicKey publicKey) {
  private static final Pattern PEM =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final int P256 = 256;
  private static final int LEAST_RSA = 2048;

  /** Throws, so that the service does not start: there is no key that could stand in. */
  static LocalKeys of(BreakglassConfig config) {
    String pem =
        config
            .privateKey()
            .or(() -> config.privateKeyFile().map(LocalKeys::text))
            .orElseThrow(() ->
                new IllegalStateException(
                    "quintet.autoscaler.breakglass is enabled, but there is no key to sign with: mount one and name it in"
                        + " quintet.autoscaler.breakglass.private-key-file"));
    return of(pem);
  }

  static LocalKeys of(String pem) {
    var block = PEM.matcher(pem);
    if (!block.find()) {
      throw unfit("is no PKCS #8 private key in PEM (BEGIN PRIVATE KEY)", null);
    }
    byte[] der = Base64.getMimeDecoder().decode(block.group(1));
    try {
      return parsed(new PKCS8EncodedKeySpec(der));
    } catch (GeneralSecurityException e) {
      throw unfit("cannot be read", e);
    }
  }

  private static LocalKeys parsed(PKCS8EncodedKeySpec spec) throws GeneralSecurityException {
    for (String kind : List.of("EC", "RSA")) {
      PrivateKey key;
      try {
        key = KeyFactory.getInstance(kind).generatePrivate(spec);
      } catch (java.security.spec.InvalidKeySpecException anotherKind) {
        continue;
      }
      return switch (key) {
        case ECPrivateKey ec when ec.getParams().getOrder().bitLength() == P256 ->
            new LocalKeys("ES256", ec, publicKey(ec));
        case RSAPrivateCrtKey rsa when rsa.getModulus().bitLength() >= LEAST_RSA ->
            new LocalKeys(
                "RS256",
                rsa,
                KeyFactory.getInstance("RSA")
                    .generatePublic(
                        new RSAPublicKeySpec(rsa.getModulus(), rsa.getPublicExponent())));
        default -> throw unfit("must be EC on P-256 or RSA of at least 2048 bits", null);
      };
    }
    throw unfit("is neither EC nor RSA", null);
  }

  /**
   * The public point is the private number times the generator. The JDK offers that product only as
   * a key agreement with the generator, which tells its x; of the two points with that x, the right
   * one verifies what the private key signs.
   */
  private static PublicKey publicKey(ECPrivateKey key) throws GeneralSecurityException {
    ECParameterSpec params = key.getParams();
    KeyFactory keys = KeyFactory.getInstance("EC");
    KeyAgreement product = KeyAgreement.getInstance("ECDH");
    product.init(key);
    var unused =
        product.doPhase(
            keys.generatePublic(new ECPublicKeySpec(params.getGenerator(), params)), true);
    var x = new BigInteger(1, product.generateSecret());

    EllipticCurve curve = params.getCurve();
    BigInteger p = ((ECFieldFp) curve.getField()).getP();
    BigInteger square = x.pow(3).add(curve.getA().multiply(x)).add(curve.getB()).mod(p);
    // A square root, as p of P-256 leaves 3 when divided by 4.
    BigInteger y = square.modPow(p.add(BigInteger.ONE).shiftRight(2), p);
    for (BigInteger candidate : List.of(y, p.subtract(y))) {
      PublicKey found = keys.generatePublic(new ECPublicKeySpec(new ECPoint(x, candidate), params));
      if (fits(key, found)) {
        return found;
      }
    }
    throw unfit("has no public key", null);
  }

  private static boolean fits(PrivateKey key, PublicKey candidate) throws GeneralSecurityException {
    byte[] text = "autoscaler-local".getBytes(StandardCharsets.US_ASCII);
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(key);
    signature.update(text);
    byte[] signed = signature.sign();
    signature.initVerify(candidate);
    signature.update(text);
    return signature.verify(signed);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException("quintet.autoscaler.breakglass.private-key-file", e);
    }
  }

  private static IllegalStateException unfit(
      String why, @org.jspecify.annotations.Nullable Throwable cause) {
    return new IllegalStateException("the key of quintet.autoscaler.breakglass " + why, cause);
  }
}
