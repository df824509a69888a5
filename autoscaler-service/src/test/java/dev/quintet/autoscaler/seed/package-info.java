/** The seed's tables, to the letter. */
package dev.quintet.autoscaler.seed;
