package dev.quintet.coordination.modelkey;

/** A key that is to be stored, in its envelope. */
record NewKey(String slot, int version, String envelope, String kekId, String fingerprint) {}
