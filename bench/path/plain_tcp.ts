// The ceiling: a program that does only the TCP work of a subject. It serves one connection after
// another. After a request of eight octets it either reads to the end of the stream, or sends as
// many octets as it was asked for. It prints its port.

import { writeSync } from "node:fs";
import { LITTLE_ENDIAN } from "../../gateway/linux/constants.ts";
import { type Arena, INBOX_LEN, openArena } from "./arena.ts";
import { acceptTcp, listenTcp, receiveSome, sendAll } from "./sockets.ts";

function main(): never {
  const arena = openArena(0);
  const { fd, port } = listenTcp(arena);
  writeSync(1, `${port}\n`);
  for (;;) _serve(arena, acceptTcp(arena, fd));
}

function _serve(arena: Arena, fd: number): void {
  let seen = 0;
  while (seen < REQUEST_LEN) {
    const octets = arena.libc.recv(fd, arena.at(REQUEST_AT + seen), REQUEST_LEN - seen, 0);
    if (octets <= 0) break;
    seen += octets;
  }
  let left = arena.view.getFloat64(REQUEST_AT, LITTLE_ENDIAN);
  for (; left > 0; left -= WRITE_LEN) {
    sendAll(arena, fd, { at: arena.inbox, len: Math.min(left, WRITE_LEN) });
  }
  while (receiveSome(arena, fd) > 0);
  arena.libc.close(fd);
}

/** In the arena's first page, after the scratch window. */
const REQUEST_AT = 1024;
const REQUEST_LEN = 8;
const WRITE_LEN = Math.min(262_144, INBOX_LEN);

if (import.meta.main) main();
