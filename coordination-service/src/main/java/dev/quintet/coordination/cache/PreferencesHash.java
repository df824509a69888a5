package dev.quintet.coordination.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One number for what a user asked for, however it was written down: the first 128 bits of the
 * SHA-256 of canonical JSON. There members stand in the order of their names, texts are in
 * Unicode's composed form, a member that is null is as one that is left out, numbers of one value
 * are written in one way, and {@code style}, {@code colorScheme} and {@code targetAudience} are
 * there even if not said.
 */
final class PreferencesHash {
  private static final List<String> USUAL = List.of("style", "colorScheme", "targetAudience");
  private static final String DEFAULT = "default";
  private static final int BYTES = 16;

  private PreferencesHash() {}

  /** 32 hexadecimal digits. {@code preferences}: an object; null is an empty one. */
  static String of(@Nullable JsonNode preferences) {
    return hex(canonical(preferences));
  }

  static String canonical(@Nullable JsonNode preferences) {
    var members = new ArrayList<Member>();
    if (preferences != null) {
      preferences.properties().forEach(member -> add(member, members));
    }
    for (String name : USUAL) {
      if (members.stream().noneMatch(member -> member.name().equals(name))) {
        members.add(new Member(name, quoted(DEFAULT)));
      }
    }
    return object(members);
  }

  /** The first 128 bits of the text's SHA-256. */
  static String hex(String text) {
    try {
      byte[] sha256 =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(Arrays.copyOf(sha256, BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** A name in composed form, and its value as canonical JSON. */
  private record Member(String name, String value) {}

  private static void add(Map.Entry<String, JsonNode> member, List<Member> members) {
    if (!member.getValue().isNull()) {
      members.add(new Member(composed(member.getKey()), value(member.getValue())));
    }
  }

  /** Names that differ only in their form stay two: neither may hide the other. */
  private static String object(List<Member> members) {
    members.sort(Comparator.comparing(Member::name).thenComparing(Member::value));
    var text = new StringBuilder("{");
    for (Member member : members) {
      text.append(text.length() == 1 ? "" : ",")
          .append(quoted(member.name()))
          .append(':')
          .append(member.value());
    }
    return text.append('}').toString();
  }

  private static String value(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> {
        var members = new ArrayList<Member>();
        node.properties().forEach(member -> add(member, members));
        yield object(members);
      }
      case ARRAY -> {
        var text = new StringBuilder("[");
        // A null in an array has a place, and those behind it have theirs.
        node.forEach(element -> text.append(text.length() == 1 ? "" : ",").append(value(element)));
        yield text.append(']').toString();
      }
      case STRING -> quoted(composed(node.textValue()));
      case NUMBER -> node.decimalValue().stripTrailingZeros().toString();
      default -> node.toString();
    };
  }

  private static String composed(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFC);
  }

  private static String quoted(String text) {
    return TextNode.valueOf(text).toString();
  }
}
