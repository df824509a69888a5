/**
 * The door for bots that were written for Supabase: as much of PostgREST's wire protocol as they
 * use, over the seed's table and functions. What they write goes through the table's triggers, so
 * fencing holds here as everywhere.
 */
@NullMarked
package dev.quintet.tracker.postgrest;

import org.jspecify.annotations.NullMarked;
