package dev.quintet.common.idempotency;

/** One caller's wish to do one operation once. */
@SuppressWarnings("ArrayRecordComponent") // never compared as a whole
record Claim(String subject, String operation, String key, byte[] requestHash) {}
