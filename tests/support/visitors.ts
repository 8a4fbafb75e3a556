// Strangers who connect by TCP, send nothing, and go: thousands a second, from many addresses.

import { EPOLLRDHUP, LITTLE_ENDIAN, SO_LINGER, SOL_SOCKET } from "../../gateway/linux/constants.ts";
import { expectDone, type Kernel } from "../../gateway/linux/kernel.ts";
import { connectTcp, inet, LOCALHOST, openTestKernel } from "./test_kernel.ts";
import { sleep, WAIT_MS } from "./wait.ts";

/**
 * Has `count` connections come to a port of 127.0.0.1 and go. They come in crowds, each from an
 * address of its own. Most go with RST. The last of each crowd go with FIN, and the next crowd
 * comes when the gateway has closed those: so no queue of the kernel overflows.
 *
 * @param count Rounded up to whole crowds
 */
export async function visit(port: number, count: number): Promise<void> {
  const kernel = openTestKernel();
  for (let crowd = 0; crowd < count / CROWD_LEN; crowd++) {
    const source = inet([127, 1 + (crowd >>> 8) % 250, crowd & 255, 1], 0);
    const fds = Array.from(
      { length: CROWD_LEN },
      () => connectTcp(kernel, inet(LOCALHOST, port), source),
    );
    const polite = fds.splice(-POLITE_LEN);
    for (const fd of fds) reset(kernel, fd);
    for (const fd of polite) kernel.libc.shutdown(fd, SHUT_WR);
    for (const fd of polite) awaitEnd(kernel, fd);
    // The calls above wait in place. Here the program's other work has its turn.
    if (crowd % CROWDS_AT_ONCE === 0) await sleep(0);
  }
}

/** Connections of one crowd; a gateway takes 64 from one address. */
const CROWD_LEN = 50;
/** How many of them go with FIN. Each leaves its port in TIME_WAIT. */
const POLITE_LEN = 4;
const CROWDS_AT_ONCE = 16;
const SHUT_WR = 1;

/** Closes with RST. */
function reset({ libc, scratch }: Kernel, fd: number): void {
  scratch.view.setInt32(0, 1, LITTLE_ENDIAN);
  scratch.view.setInt32(4, 0, LITTLE_ENDIAN);
  const result = libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, scratch.at(0), 8);
  expectDone(libc, result, "Cannot set SO_LINGER");
  libc.close(fd);
}

/**
 * Waits until the peer has ended its direction too, and closes.
 *
 *   pollfd    descriptor 4 | events 2 | result 2
 */
function awaitEnd({ libc, scratch }: Kernel, fd: number): void {
  scratch.view.setInt32(0, fd, LITTLE_ENDIAN);
  scratch.view.setUint32(4, EPOLLRDHUP, LITTLE_ENDIAN);
  const count = expectDone(libc, libc.poll(scratch.at(0), 1, WAIT_MS), "Cannot wait");
  libc.close(fd);
  if (count === 0) throw new Error(`A connection has not ended in ${WAIT_MS} ms`);
}
