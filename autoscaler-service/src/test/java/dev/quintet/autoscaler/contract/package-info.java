/** What holds for every operation of the autoscaler, whoever adds one. */
package dev.quintet.autoscaler.contract;
