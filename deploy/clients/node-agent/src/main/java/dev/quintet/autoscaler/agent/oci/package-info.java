/** Instance pools of Oracle Cloud, by its own Java SDK. */
@NullMarked
package dev.quintet.autoscaler.agent.oci;

import org.jspecify.annotations.NullMarked;
