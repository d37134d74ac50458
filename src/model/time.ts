/** Milliseconds since the Unix epoch, UTC. */
export type Instant = number;

/** A span in milliseconds. Names that hold one end in `Ms`. */
export type Millis = number;
