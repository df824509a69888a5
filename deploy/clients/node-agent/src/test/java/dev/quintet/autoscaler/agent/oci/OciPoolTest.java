package dev.quintet.autoscaler.agent.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.oracle.bmc.auth.SimpleAuthenticationDetailsProvider;
import dev.quintet.autoscaler.agent.YamlText;
import dev.quintet.autoscaler.agent.pool.InstancePool;
import dev.quintet.autoscaler.agent.pool.Look;
import dev.quintet.autoscaler.agent.pool.Observation;
import dev.quintet.autoscaler.agent.pool.Resized;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.time.Clock;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real SDK, signing and all, against a stand-in of OCI's two endpoints. */
public class OciPoolTest {

  private static String pem = "";
  private FakeOci oci;
  private Function<String, InstancePool> cloud;
  private InstancePool pool;

  /** A throw-away key in the form that a configuration file of OCI has. */
  public static String newKey() throws Exception {
    var generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    byte[] der = generator.generateKeyPair().getPrivate().getEncoded();
    return "-----BEGIN PRIVATE KEY-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END PRIVATE KEY-----\n";
  }

  @BeforeAll
  static void key() throws Exception {
    pem = newKey();
  }

  @BeforeEach
  void start() throws Exception {
    oci = new FakeOci(2);
    cloud = signedWith(pem);
    pool = cloud.apply(FakeOci.POOL);
  }

  private Function<String, InstancePool> signedWith(String key) {
    var who =
        SimpleAuthenticationDetailsProvider.builder()
            .tenantId("tenancy")
            .userId("user")
            .fingerprint("fingerprint")
            .privateKeySupplier(
                () -> new ByteArrayInputStream(key.getBytes(StandardCharsets.UTF_8)))
            .build();
    return OciCloud.of(
        who, "eu-frankfurt-1", Optional.of(oci.url()), Optional.of(oci.url()), Clock.systemUTC());
  }

  @AfterEach
  void stop() {
    oci.close();
  }

  private Observation seen() {
    assertThat(pool.look()).isInstanceOf(Look.Seen.class);
    return ((Look.Seen) pool.look()).pool();
  }

  @Test
  void aPoolIsSeenWithTheNewestPointOfEachInstance() {
    Observation seen = seen();
    assertThat(seen.size()).isEqualTo(2);
    assertThat(seen.ready()).isEqualTo(2);
    assertThat(seen.settled()).isTrue();
    assertThat(seen.load()).contains(new Observation.Load(55, 60, 55, 60));
  }

  @Test
  void noPointIsNotZero() {
    oci.noPoints();
    assertThat(seen().load()).isEmpty();
  }

  @Test
  void aResizeScalesAndThenSettles() {
    assertThat(pool.resize(4, seen().version(), "t1")).isEqualTo(new Resized.Accepted());
    Observation scaling = seen();
    assertThat(scaling.size()).isEqualTo(4);
    assertThat(scaling.ready()).isEqualTo(2);
    assertThat(scaling.state()).isEqualTo("SCALING");
    assertThat(scaling.settled()).isFalse();
    assertThat(pool.resize(5, scaling.version(), "t2")).isInstanceOf(Resized.NotNow.class);
    oci.settle();
    assertThat(seen().settled()).isTrue();
    assertThat(oci.sizes()).containsExactly(4);
  }

  @Test
  void aChangeByHandIsNotWrittenOver() {
    String version = seen().version();
    oci.changeByHand(7);
    assertThat(pool.resize(4, version, "t1")).isEqualTo(new Resized.Changed());
    assertThat(oci.sizes()).isEmpty();
  }

  @Test
  void throttlingAsksForPatience() {
    String version = seen().version();
    oci.throttle(true);
    assertThat(pool.resize(4, version, "t1"))
        .isInstanceOfSatisfying(
            Resized.NotNow.class, late -> assertThat(late.waitAtLeast()).hasSeconds(10));
    assertThat(pool.look()).isInstanceOf(Look.Unseen.class);
  }

  @Test
  void aSizeOverTheTenancysLimitIsRefusedForGood() {
    assertThat(pool.resize(21, seen().version(), "t1"))
        .isInstanceOfSatisfying(
            Resized.Refused.class,
            refused -> assertThat(refused.reason()).contains("LimitExceeded"));
  }

  @Test
  void anUnknownPoolIsUnseen() {
    assertThat(cloud.apply("ocid1.instancepool.oc1..none").look())
        .isInstanceOfSatisfying(
            Look.Unseen.class, unseen -> assertThat(unseen.reason()).contains("404"));
  }

  @Test
  void aLostAnswerIsNeitherDoneNorNot() {
    String version = seen().version();
    oci.loseAnswer();
    assertThat(pool.resize(4, version, "t1")).isInstanceOf(Resized.Unknown.class);
    assertThat(seen().size()).isEqualTo(4);
  }

  @Test
  void aKeyThatCannotSignIsToldAtTheStart(@TempDir Path directory) throws Exception {
    Path conf = directory.resolve("conf");
    Path key = Files.writeString(directory.resolve("key.pem"), "no key at all");
    Files.writeString(
        conf,
        "[DEFAULT]\nuser=u\ntenancy=t\nfingerprint=f\nregion=eu-frankfurt-1\nkey_file="
            + key
            + "\n");
    YamlText yaml = YamlText.read("auth: config_file\nconfig_file: " + conf + "\n");
    assertThatThrownBy(() -> OciCloud.of(yaml, "eu-frankfurt-1", Clock.systemUTC()))
        .isInstanceOf(YamlText.Wrong.class)
        .hasMessageContaining("auth");
  }

  @Test
  void aCloudThatIsAwayIsUnseen() {
    oci.close();
    assertThat(pool.look()).isInstanceOf(Look.Unseen.class);
  }
}
