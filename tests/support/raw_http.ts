// HTTP requests that no client would send, octet by octet.

import { connect } from "node:net";
import type { Endpoint } from "./gateway.ts";
import { findSecret } from "./secrets.ts";
import { WAIT_MS, within } from "./wait.ts";

/**
 * Sends the lines of a request without a body, and returns the answer, which it has searched for
 * keys.
 */
export function askRaw({ host, port }: Endpoint, ...lines: readonly string[]): Promise<string> {
  return within(WAIT_MS, `an answer to ${lines[0]}`, (resolve, reject) => {
    const socket = connect(port, host);
    let text = "";
    socket.setEncoding("latin1");
    socket.on("data", (part) => text += part);
    socket.on("error", reject);
    socket.on("close", () => {
      const secret = findSecret(text);
      if (secret === undefined) resolve(text);
      else reject(new Error(`A key came out of the API: ${secret}`));
    });
    socket.write([...lines, "Connection: close", "", ""].join("\r\n"), "latin1");
  });
}
