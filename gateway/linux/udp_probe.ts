// Asks whether somebody receives on a UDP port of IKE. One NAT keepalive is sent, a single octet
// 0xFF, which the receiver ignores (RFC 3948 §2.3). A closed port, a missing host and a
// forbidding firewall answer it with an error; silence is no error.

import {
  IP_RECVERR,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVERR,
  LITTLE_ENDIAN,
  MSG_NOSIGNAL,
  SO_ERROR,
  SOCK_DGRAM,
  SOL_SOCKET,
} from "./constants.ts";
import type { Kernel } from "./kernel.ts";
import { markSocket, openSocket, setOption } from "./sockets.ts";
import { emitSockaddr, type InetAddress } from "./structs.ts";

/** A question that was asked. */
export interface UdpProbe {
  /** Errno of the refusal that has come; 0 if none has. The kernel tells each once. */
  refusal(): number;
  close(): void;
}

/**
 * Sends the keepalive to `remote` from a socket of its own.
 *
 * @param mark The socket's mark ({@link markSocket}); 0 for none
 * @throws {Error} If the kernel has no socket to give
 */
export function openUdpProbe(kernel: Kernel, remote: InetAddress, mark: number): UdpProbe {
  const fd = openSocket(kernel, remote.octets, SOCK_DGRAM);
  const close = (): void => void kernel.libc.close(fd);
  try {
    markSocket(kernel, fd, mark);
    const first = ask(kernel, fd, remote);
    return { refusal: () => first === 0 ? pendingError(kernel, fd) : first, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Connects and sends. Returns the errno of what fails, 0 if nothing does. */
function ask(kernel: Kernel, fd: number, remote: InetAddress): number {
  const { libc, scratch } = kernel;
  // Without this the kernel hides errors that may pass, such as a host that does not answer.
  setOption(
    kernel,
    fd,
    remote.octets.length === 16
      ? { level: IPPROTO_IPV6, name: IPV6_RECVERR, value: 1 }
      : { level: IPPROTO_IP, name: IP_RECVERR, value: 1 },
  );
  const sockaddr = emitSockaddr(remote);
  scratch.u8.set(sockaddr);
  if (libc.connect(fd, scratch.at(0), sockaddr.length) < 0) return libc.errno();
  scratch.u8[0] = KEEPALIVE;
  return libc.send(fd, scratch.at(0), 1, MSG_NOSIGNAL) < 0 ? libc.errno() : 0;
}

function pendingError({ libc, scratch }: Kernel, fd: number): number {
  scratch.view.setInt32(0, 0, LITTLE_ENDIAN);
  scratch.view.setUint32(LEN_AT, 4, LITTLE_ENDIAN);
  libc.getsockopt(fd, SOL_SOCKET, SO_ERROR, scratch.at(0), scratch.at(LEN_AT));
  return scratch.view.getInt32(0, LITTLE_ENDIAN);
}

const KEEPALIVE = 0xff;

/** Offset in the window of the length that the call reads and writes. */
const LEN_AT = 8;
