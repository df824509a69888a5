package dev.quintet.common.api.autoscaler;

/** The seed's node_status. */
public enum NodeStatus {
  ACTIVE,
  INACTIVE,
  ERROR,
  /** Its heartbeats stay away, or it is decommissioned. */
  OFFLINE
}
