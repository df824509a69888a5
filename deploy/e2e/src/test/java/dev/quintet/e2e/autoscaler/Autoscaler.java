package dev.quintet.e2e.autoscaler;

import dev.quintet.common.testing.Tokens;
import dev.quintet.e2e.fleet.Answer;
import dev.quintet.e2e.fleet.Api;
import dev.quintet.e2e.fleet.Fleet;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.UUID;

/** autoscaler-service as its tests call it. */
final class Autoscaler {
  private static final class Holder {
    private static final Fleet FLEET = plan().startForAll();
  }

  private Autoscaler() {}

  /** Two replicas on the shared backends: started once for all tests that do not need their own. */
  static Fleet fleet() {
    return Holder.FLEET;
  }

  /** What the service itself lets an operator set, as short as these tests want it. */
  static Fleet.Plan plan() {
    return Fleet.of("autoscaler-service", 2)
        .with("QUINTET_AUTOSCALER_OFFLINE_AFTER", "5s")
        .with("QUINTET_AUTOSCALER_SWEEP_EVERY", "1s")
        .with("QUINTET_AUTOSCALER_EVALUATE_EVERY", "1s")
        .with("QUINTET_AUTOSCALER_BACKTEST_POLL", "200ms")
        .with("QUINTET_AUTOSCALER_AUDIT_SEAL_EVERY", "1s")
        .with("QUINTET_AUTOSCALER_METRICS_ROLL_EVERY", "1s")
        .with("QUINTET_AUTOSCALER_ANALYTICS_SETTLE", "1s")
        .with("QUINTET_AUTOSCALER_BREAKGLASS_ENABLED", "true")
        .with("QUINTET_AUTOSCALER_BREAKGLASS_PRIVATE_KEY", privateKey());
  }

  /** With real tokens of somebody with this role, at any replica. */
  static Api as(String role) {
    return fleet().api().as(role);
  }

  /** Somebody of Keycloak's by name. */
  static Api person(String name) {
    return fleet().api().withToken(Tokens.get().ofUser(name));
  }

  static String unique(String what) {
    return what + "-" + UUID.randomUUID().toString().substring(0, 8);
  }

  static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The answer, if it is what a test's preparations need. */
  static Answer expect(int status, Answer answer) {
    if (answer.status() != status) {
      throw new AssertionError(
          "%s answers %d: %s"
              .formatted(answer.http().request().uri(), answer.status(), answer.body()));
    }
    return answer;
  }

  /** One of this run: in the repository it would be everybody's. */
  private static String privateKey() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return "-----BEGIN PRIVATE KEY-----\n"
          + Base64.getMimeEncoder()
              .encodeToString(generator.generateKeyPair().getPrivate().getEncoded())
          + "\n-----END PRIVATE KEY-----\n";
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
