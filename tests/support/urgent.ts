// A peer that marks octets of its stream as urgent (MSG_OOB), which node:net cannot do.

import type { Buffer } from "node:buffer";
import { EPOLLOUT, MSG_NOSIGNAL, MSG_OOB } from "../../gateway/linux/constants.ts";
import { connectTcp, inet, LOCALHOST, openTestKernel, waitFor } from "./test_kernel.ts";

export interface UrgentPeer {
  send(octets: Buffer): void;
  /** Sends the last of `octets` as urgent. */
  sendUrgent(octets: Buffer): void;
  close(): void;
}

/** Connects to a port of 127.0.0.1. */
export function connectUrgent(port: number): UrgentPeer {
  const kernel = openTestKernel();
  const { libc, scratch } = kernel;
  const fd = connectTcp(kernel, inet(LOCALHOST, port));
  waitFor(kernel, fd, EPOLLOUT);

  function write(octets: Buffer, flags: number): void {
    scratch.u8.set(octets);
    const sent = libc.send(fd, scratch.at(0), octets.length, flags | MSG_NOSIGNAL);
    if (sent !== octets.length) throw new Error(`Sent ${sent} of ${octets.length} octets`);
  }

  return {
    send: (octets) => write(octets, 0),
    sendUrgent: (octets) => write(octets, MSG_OOB),
    close: () => void libc.close(fd),
  };
}
