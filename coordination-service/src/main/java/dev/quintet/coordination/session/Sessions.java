package dev.quintet.coordination.session;

import dev.quintet.common.api.coordination.UserSession;
import dev.quintet.coordination.session.SessionScript.Slice;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What takes more than one run of the script. */
@ApplicationScoped
class Sessions {
  private static final int PAGE = 500;

  private final SessionScript script;
  private final int atOnce;

  Sessions(SessionScript script, SessionSettings settings) {
    this.script = script;
    this.atOnce = settings.transferAtOnce();
  }

  /** A place in a list that is ordered by user and session. */
  static String place(UserSession session) {
    return session.userId() + ":" + session.sessionId();
  }

  /** A user's sessions behind a place. */
  Uni<List<UserSession>> ofUser(String user, String behind, int most) {
    return script
        .ofUser(user)
        .map(all ->
            all.stream()
                .filter(session -> place(session).compareTo(behind) > 0)
                .sorted(Comparator.comparing(Sessions::place))
                .limit(most)
                .toList());
  }

  /** A server's sessions behind a place; {@code most} of them unless there are fewer. */
  Uni<List<UserSession>> ofServer(String server, String behind, int most) {
    return ofServer(server, behind, most, List.of());
  }

  private Uni<List<UserSession>> ofServer(
      String server, String behind, int most, List<UserSession> sofar) {
    return script
        .ofServer(server, behind, most)
        .chain(slice -> {
          var all = new ArrayList<>(sofar);
          all.addAll(slice.sessions());
          String last = slice.last();
          return last == null || slice.looked() < most || all.size() >= most
              ? Uni.createFrom().item(all.stream().limit(most).toList())
              : ofServer(server, last, most, all);
        });
  }

  Uni<Long> countOfUser(String user) {
    return script.ofUser(user).map(all -> (long) all.size());
  }

  Uni<Long> countOfServer(String server) {
    return countOfServer(server, "", 0);
  }

  private Uni<Long> countOfServer(String server, String behind, long sofar) {
    return script.ofServer(server, behind, PAGE).chain(slice -> counted(server, slice, sofar));
  }

  private Uni<Long> counted(String server, Slice slice, long sofar) {
    long count = sofar + slice.sessions().size();
    String last = slice.last();
    return last == null || slice.looked() < PAGE
        ? Uni.createFrom().item(count)
        : countOfServer(server, last, count);
  }

  /** Moves all, some at a time. Returns how many. Stopped half way, the next call does the rest. */
  Uni<Long> transfer(String from, String to) {
    return transfer(from, to, 0);
  }

  private Uni<Long> transfer(String from, String to, long sofar) {
    return script
        .transfer(from, to)
        .chain(step ->
            step.looked() < atOnce
                ? Uni.createFrom().item(sofar + step.done())
                : transfer(from, to, sofar + step.done()));
  }
}
