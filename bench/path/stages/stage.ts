// Names of the stages of a packet's time. The bench page uses them too.

/** The stages. `rest` is the lane's own TypeScript and everything that no other stage counts. */
export const STAGES = [
  "tcp-read",
  "framing",
  "aead",
  "checks",
  "join",
  "tun-write",
  "tun-read",
  "queue",
  "tcp-send",
  "udp-send",
  "udp-receive",
  "wait",
  "rest",
] as const;

export type Stage = typeof STAGES[number];
