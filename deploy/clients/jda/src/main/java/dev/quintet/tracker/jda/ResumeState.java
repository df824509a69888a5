package dev.quintet.tracker.jda;

import net.dv8tion.jda.api.JDAInfo;
import net.dv8tion.jda.api.utils.data.DataObject;
import org.jspecify.annotations.Nullable;

/** What Discord needs to replay a session to another connection. The first two are secrets. */
record ResumeState(String sessionId, String gatewayUrl, long seq) {

  /** The relay always speaks JSON to Discord; a session made with another encoding is no use. */
  static final String ENCODING = "json";

  static @Nullable ResumeState from(DataObject shard) {
    if (shard.isNull("resume")) {
      return null;
    }
    DataObject resume = shard.getObject("resume");
    boolean usable =
        !resume.isNull("session_id")
            && !resume.isNull("resume_gateway_url")
            && !resume.isNull("seq")
            && resume.getInt("gateway_version", JDAInfo.DISCORD_GATEWAY_VERSION)
                == JDAInfo.DISCORD_GATEWAY_VERSION
            && ENCODING.equals(resume.getString("encoding", ENCODING));
    return usable
        ? new ResumeState(
            resume.getString("session_id"),
            resume.getString("resume_gateway_url"),
            resume.getLong("seq"))
        : null;
  }

  ResumeState at(long newSeq) {
    return new ResumeState(sessionId, gatewayUrl, newSeq);
  }

  void putInto(DataObject target) {
    var unused =
        target
            .put("session_id", sessionId)
            .put("resume_gateway_url", gatewayUrl)
            .put("seq", seq)
            .put("gateway_version", JDAInfo.DISCORD_GATEWAY_VERSION)
            .put("encoding", ENCODING);
  }

  @Override
  public String toString() {
    return "ResumeState[seq=" + seq + "]";
  }
}
