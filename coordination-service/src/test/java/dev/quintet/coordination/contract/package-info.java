/** What holds for every operation of the coordination service, whoever adds one. */
package dev.quintet.coordination.contract;
