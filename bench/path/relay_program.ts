// Programs that relay between TCP and UDP, as the bench drives them.

import type { Subject } from "../lib/record.ts";
import type { Arena } from "./arena.ts";
import type { Recording } from "./recording.ts";
import type { Endpoint } from "./sockets.ts";

/** A program between TCP and the daemon's UDP port. */
export interface Relay {
  readonly pid: number;
  readonly tcp: Endpoint;
}

/** A program for the same task with a framing of its own. */
export interface RivalRelay extends Relay {
  readonly subject: Subject;
  /** Converts the recording to its framing while `run` runs. */
  reframe<T>(arena: Arena, recording: Recording, run: (own: Recording) => T): T;
  stop(): void;
}
