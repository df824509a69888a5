package dev.quintet.e2e.fleet;

import java.io.IOException;

/** What {@link Process} cannot send. */
public final class Signals {
  private Signals() {}

  public static void send(String signal, long pid) {
    run("kill", "-" + signal, Long.toString(pid));
  }

  /** Returns when not one more instruction of it runs. */
  static void freeze(long pid) {
    send("STOP", pid);
    while (!stateOf(pid).startsWith("T")) {
      Thread.onSpinWait();
    }
  }

  /** The state that the kernel reports of a process, such as {@code T} for a stopped one. */
  private static String stateOf(long pid) {
    return run("ps", "-o", "stat=", "-p", Long.toString(pid));
  }

  private static String run(String... command) {
    try {
      var process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said =
          new String(
              process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(String.join(" ", command) + ": " + said);
      }
      return said.strip();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
