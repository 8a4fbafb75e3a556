// A responder on [::1] that sees what a stream does not show: the flow label of each connection.

import { listenTcp } from "../../gateway/linux/listen.ts";
import { acceptNow, inet, LOCALHOST6, openTestKernel, remoteFlowLabel } from "./test_kernel.ts";
import { settle } from "./wait.ts";

export interface LabelResponder {
  readonly port: number;
  /** Accepts the next connection, ends it, and returns its label. */
  next(): Promise<number>;
  close(): void;
}

export function openLabelResponder(): LabelResponder {
  const kernel = openTestKernel();
  const { fds: [listener = -1], address } = listenTcp(kernel, {
    address: inet(LOCALHOST6, 0),
    count: 1,
    tcp: { congestion: null, keepaliveS: 0 },
  });

  async function next(): Promise<number> {
    const accepted = await settle(() => acceptNow(kernel, listener), (it) => it !== undefined);
    if (accepted === undefined) throw new Error("Nobody has connected");
    const label = remoteFlowLabel(kernel, accepted.fd);
    kernel.libc.close(accepted.fd);
    return label;
  }

  return { port: address.port, next, close: () => void kernel.libc.close(listener) };
}
