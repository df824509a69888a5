/** The fleet's minutes and the pools' observations. */
package dev.quintet.autoscaler.analytics;
