/** What a node's transaction may reach, by the database's own word. */
package dev.quintet.autoscaler.isolation;
