package dev.quintet.common.api.coordination;

import java.util.List;

/** All jobs of the service, by name. */
public record MaintenanceJobs(List<MaintenanceJob> items) {
  public MaintenanceJobs {
    items = List.copyOf(items);
  }
}
