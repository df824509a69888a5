package dev.quintet.coordination.modelkey;

/** Leases of a key that PostgreSQL does not know of yet. */
record KeyUsage(String model, int version, long leases) {}
