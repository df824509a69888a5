package dev.quintet.coordination.lock;

import jakarta.ws.rs.NameBinding;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** The method needs {@link LockWatchStart}: the lock as it stands when the watch begins. */
@NameBinding
@Retention(RetentionPolicy.RUNTIME)
@interface WatchesLock {}
