package dev.quintet.autoscaler.decision;

import java.math.BigDecimal;

/**
 * What a seasonal policy expects; from {@link DemandHistory#forecast}.
 *
 * @param peakDemand highest within the lead, in instances times utilisation
 * @param correction of the level by the last hour, 0.5 to 2
 * @param slots so many slots of the lead have a forecast
 * @param daily the season is a day, as there is less than a week of data
 */
public record Forecast(BigDecimal peakDemand, BigDecimal correction, int slots, boolean daily) {}
