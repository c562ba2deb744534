/* What the engine's own threads need of the event stream beyond engine.h. */
#ifndef TN_EVENTS_H
#define TN_EVENTS_H

/* Longest event line, newline included; a longer one is dropped and counted, never cut. */
#define TN_EVENT_MAX 8192

/* Finishes a line the socket took only half of. Cheap when there is none; the line clock calls it each step, so that a
 * slow reader never waits for the next event to see the end of the last one. Never blocks. */
void tn_events_flush(void);

#endif
