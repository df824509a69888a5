package dev.quintet.autoscaler.agent;

/** Who the agent is to the manager. The key is a secret and shows nowhere. */
record NodeKey(int id, String key) {
  @Override
  public String toString() {
    return "node " + id;
  }
}
