package dev.quintet.common.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Access tokens: real ones from Keycloak, each role's fetched once and renewed in time, and forged
 * ones.
 */
public final class Tokens {
  private static final Tokens SHARED = new Tokens(Backends.get());
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Backends backends;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Map<String, Fetched> fetched = new ConcurrentHashMap<>();

  private Tokens(Backends backends) {
    this.backends = backends;
  }

  private record Fetched(String token, Instant renewAt) {}

  public static Tokens get() {
    return SHARED;
  }

  /** A real token of a caller who has exactly this realm role and what it includes. */
  public String of(String role) {
    return switch (role) {
      case "service" -> ofClient("discord-bot");
      case "user" -> ofUser("uwe");
      case "devops" -> ofUser("dev");
      case "admin" -> ofUser("ada");
      default -> throw new IllegalArgumentException("no test caller has the role " + role);
    };
  }

  /** Of the client whose tokens reach only the cluster {@code limited-cluster}. */
  public String limited() {
    return ofClient("discord-bot-limited");
  }

  /** Right issuer, signature and roles, but made for nobody of ours. */
  public String wrongAudience() {
    return ofClient("other-audience");
  }

  public String ofClient(String client) {
    return cached(
        client,
        Map.of(
            "grant_type",
            "client_credentials",
            "client_id",
            client,
            "client_secret",
            client + "-dev"));
  }

  public String ofUser(String user) {
    return cached(
        user,
        Map.of(
            "grant_type",
            "password",
            "client_id",
            "dashboard",
            "username",
            user,
            "password",
            user,
            "scope",
            "openid"));
  }

  /** Keycloak's own, and its one second is over. */
  public String expired() {
    String token =
        fetch(
                Map.of(
                    "grant_type",
                    "client_credentials",
                    "client_id",
                    "short-lived",
                    "client_secret",
                    "short-lived-dev"))
            .token();
    Instant end =
        Instant.ofEpochSecond(((Number) payload(token).getOrDefault("exp", 0)).longValue());
    // The only way to a real expired token is to outlive it.
    while (Instant.now().isBefore(end.plusSeconds(1))) {
      java.util.concurrent.locks.LockSupport.parkNanos(50_000_000);
    }
    return token;
  }

  /** The right content, signed by a key that is not Keycloak's; the key id is the real one. */
  public String wrongSignature(String role) {
    String[] parts = of(role).split("\\.");
    return parts[0] + "." + parts[1] + "." + encoded(signed(parts[0] + "." + parts[1]));
  }

  /** A real token's payload with more roles and the old signature. */
  public String tampered() {
    String[] parts = of("user").split("\\.");
    var payload = new LinkedHashMap<>(payload(of("user")));
    payload.put(
        "realm_access", Map.of("roles", java.util.List.of("admin", "devops", "user", "service")));
    return parts[0] + "." + encoded(json(payload)) + "." + parts[2];
  }

  public String algNone(String role) {
    return encoded("{\"alg\":\"none\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8))
        + "."
        + of(role).split("\\.")[1]
        + ".";
  }

  /** HMAC with the public key as the secret: the classic confusion of algorithms. */
  public String algConfusion(String role) {
    try {
      String signing =
          encoded("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8))
              + "."
              + of(role).split("\\.")[1];
      String publicKey =
          (String) JSON.readValue(get(backends.issuer()), Map.class).get("public_key");
      var mac = javax.crypto.Mac.getInstance("HmacSHA256");
      mac.init(
          new javax.crypto.spec.SecretKeySpec(Base64.getDecoder().decode(publicKey), "HmacSHA256"));
      return signing + "." + encoded(mac.doFinal(signing.getBytes(StandardCharsets.US_ASCII)));
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Every kind of token that must be refused with 401, by name. */
  public Map<String, String> refused(String role) {
    var all = new LinkedHashMap<String, String>();
    all.put("wrong signature", wrongSignature(role));
    all.put("tampered roles", tampered());
    all.put("alg none", algNone(role));
    all.put("public key as secret", algConfusion(role));
    all.put("expired", expired());
    all.put("wrong audience", wrongAudience());
    all.put("no token at all", "abc");
    return all;
  }

  private String cached(String caller, Map<String, String> form) {
    return fetched
        .compute(
            caller,
            (c, known) ->
                known != null && Instant.now().isBefore(known.renewAt()) ? known : fetch(form))
        .token();
  }

  private Fetched fetch(Map<String, String> form) {
    String body =
        form.entrySet().stream()
            .map(e -> e.getKey() + "=" + URLEncoder.encode(e.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    var request =
        HttpRequest.newBuilder(URI.create(backends.issuer() + "/protocol/openid-connect/token"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      Map<?, ?> answer = JSON.readValue(send(request), Map.class);
      if (!(answer.get("access_token") instanceof String token)) {
        throw new IllegalStateException(
            "Keycloak gave no token to " + form.get("client_id") + ": " + answer);
      }
      long seconds =
          ((Number) java.util.Objects.requireNonNull(answer.get("expires_in"))).longValue();
      return new Fetched(token, Instant.now().plusSeconds(seconds / 2));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private String get(String address) {
    return send(HttpRequest.newBuilder(URI.create(address)).build());
  }

  private String send(HttpRequest request) {
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    } catch (IOException e) {
      throw new IllegalStateException("Keycloak does not answer at " + request.uri(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> payload(String token) {
    try {
      return JSON.readValue(Base64.getUrlDecoder().decode(token.split("\\.")[1]), Map.class);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] json(Map<String, Object> value) {
    try {
      return JSON.writeValueAsBytes(value);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] signed(String text) {
    try {
      KeyPair stranger = KeyPairGenerator.getInstance("RSA").generateKeyPair();
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(stranger.getPrivate());
      signature.update(text.getBytes(StandardCharsets.US_ASCII));
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String encoded(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
