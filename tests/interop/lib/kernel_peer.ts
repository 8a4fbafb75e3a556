// The guest's kernel as a peer: its ESP-in-TCP connection, and its SAs' numbers.

import type { Guest } from "./guest.ts";
import { GATEWAY, TCP_PORT } from "./network.ts";
import { until } from "./process.ts";

const LOG = "/run/espintcp.log";
const PID = "/run/espintcp.pid";

/** Lets guest/espintcp.py keep a connection from this local port. */
export async function startEspInTcp(guest: Guest, localPort: number): Promise<void> {
  // Removed before the program makes it anew: an `up` of the last run must not be taken for one of
  // this run.
  await guest.must(
    `rm -f ${LOG}; python3 /share/espintcp.py ${localPort} ${GATEWAY} ${TCP_PORT} >${LOG} 2>&1 & echo $! >${PID}`,
  );
  await connected(guest, 1);
}

export async function stopEspInTcp(guest: Guest): Promise<void> {
  await guest.must(`kill $(cat ${PID})`);
}

/** Waits for the connection's `count`-th `up`. */
export async function connected(guest: Guest, count: number): Promise<void> {
  await until(`connection ${count} of the guest`, 10_000, async () => {
    const { output } = await guest.run(`grep -c ' up$' ${LOG}`);
    return Number(output) >= count ? true : undefined;
  });
}

/** Seconds between the last `lost` after an `up`, and the `up` that followed. */
export async function downSeconds(guest: Guest): Promise<number> {
  const lines = (await guest.must(`cat ${LOG}`)).trim().split("\n").map((line) => line.split(" "));
  const up = lines.findLastIndex(([, word]) => word === "up");
  const before = lines.slice(0, up).findLastIndex(([, word]) => word === "up");
  return Number(lines[up]?.[0]) - Number(lines[before + 1]?.[0]);
}

/** Sequence number last sent, and last seen, by the guest's kernel: 64 bits with ESN. */
export async function sequenceNumbers(guest: Guest): Promise<{ sent: number; seen: number }> {
  const text = await guest.must("ip xfrm state list nokeys");
  const contexts = text.matchAll(
    /\sseq-hi (0x\w+), seq (0x\w+), oseq-hi (0x\w+), oseq (0x\w+)/g,
  );
  // One state sends, the other receives; the number of the idle direction is 0.
  let sent = 0;
  let seen = 0;
  for (const [, seqHigh, seq, oseqHigh, oseq] of contexts) {
    seen = Math.max(seen, Number(seqHigh) * 2 ** 32 + Number(seq));
    sent = Math.max(sent, Number(oseqHigh) * 2 ** 32 + Number(oseq));
  }
  return { sent, seen };
}

/** Packets that the guest's kernel refused, by reason; empty if there was none. */
export async function kernelRefusals(guest: Guest): Promise<string> {
  const lines = (await guest.must("cat /proc/net/xfrm_stat")).trim().split("\n");
  return lines.filter((line) => /^XfrmIn/.test(line) && !/\s0$/.test(line)).join(", ");
}
