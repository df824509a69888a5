package dev.quintet.common.api.coordination;

import java.util.List;

/**
 * All the locks that were asked for.
 *
 * @param leases in the order of the request
 */
public record LockBatch(List<Lease> leases, long waitedMs) {
  public LockBatch {
    leases = List.copyOf(leases);
  }
}
