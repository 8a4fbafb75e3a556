// The front of a listener whose clients connect directly: nothing comes before the stream prefix, and
// the client is whoever `accept4` says.

import type { Front } from "./front.ts";

/** Makes a front that admits each connection at once. */
export function createPlainFront(): Front {
  return {
    meet: (fd, admit) => admit({ fd, role: "responder", state: "accepted", client: null }),
  };
}
