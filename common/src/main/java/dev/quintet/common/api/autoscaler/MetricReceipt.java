package dev.quintet.common.api.autoscaler;

import java.util.List;
import java.util.UUID;

/**
 * What became of a batch: {@code accepted + rejected} is the number of samples that were sent.
 *
 * @param duplicate the batch was known already: the counts are those of the first time
 * @param rejections the first 20 of those rejected now; none for a duplicate
 */
public record MetricReceipt(
    UUID batchId, int accepted, int rejected, boolean duplicate, List<RejectedSample> rejections) {

  /**
   * @param index of the sample in the batch, from 0
   * @param code what is wrong with it, in the words of the problem codes
   */
  public record RejectedSample(int index, String code, String detail) {}
}
