package dev.quintet.tracker.shard;

import jakarta.ws.rs.NameBinding;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** The method runs only for an instance that is known: see {@link InstanceCheck}. */
@NameBinding
@Retention(RetentionPolicy.RUNTIME)
@interface OfKnownInstance {}
