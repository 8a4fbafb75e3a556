// Endless ESP on one connection. The load is sealed beforehand and fills a socket buffer of many
// milliseconds, so that only the kernel competes with the gateway for the processor. Its SA has no
// replay window, so the same packets stay valid.

import type { Arena } from "./arena.ts";
import type { GatewayChild } from "./gateway_child.ts";
import { DISCARD_PORT, frameAt, record, streamLen } from "./recording.ts";
import { connectTcp, holdAll, sendSome } from "./sockets.ts";
import { install, remove } from "./tunnel.ts";

export interface Flood {
  /** Fills the socket's buffer again. */
  refill(): void;
  close(): Promise<void>;
}

/** Opens a connection that floods the gateway with ESP that the gateway opens. */
export async function openFlood(arena: Arena, gateway: GatewayChild): Promise<Flood> {
  const load = record(arena, {
    ...{ innerLen: FLOOD_INNER_LEN, connections: 1, packets: FLOOD_PACKETS, port: DISCARD_PORT },
    peer: { inbound: { replayWindow: 0 } },
  });
  const [stream] = load.streams;
  if (stream === undefined) throw new RangeError("No stream");
  await install(gateway, load, ({ inboundBody }) => [inboundBody]);
  const fd = connectTcp(arena, gateway.tcp);
  holdAll(arena, fd, FLOOD_BUFFER_LEN);
  const first = frameAt(load, stream, 0);
  const end = stream.at + streamLen(load, stream);
  let at = stream.at;

  function refill(): void {
    // Sends no more than one buffer: a gateway that keeps up would never let it fill.
    for (let left = FLOOD_BUFFER_LEN; left > 0;) {
      const sent = sendSome(arena, fd, { at, len: Math.min(left, end - at) });
      if (sent === 0) return;
      left -= sent;
      at += sent;
      if (at === end) at = first;
    }
  }

  async function close(): Promise<void> {
    arena.libc.close(fd);
    await remove(gateway, load, ({ inbound }) => [inbound.spi]);
  }

  return { refill, close };
}

const FLOOD_INNER_LEN = 1400;
const FLOOD_PACKETS = 5000;
/** About 20 ms of load. */
const FLOOD_BUFFER_LEN = 8_388_608;
