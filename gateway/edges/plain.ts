// The front of a listener whose clients connect directly. Nothing comes before the stream prefix,
// and the client is the peer that `accept4` names.

import type { Front } from "./front.ts";

/** Makes a front that admits each connection at once. */
export function createPlainFront(): Front {
  return {
    meet: (fd, admit) => admit({ fd, role: "responder", state: "accepted", client: null }),
  };
}
