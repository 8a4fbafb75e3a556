// Names of what a packet's time goes into; the bench page knows them too.

/** Where time goes; `rest` is the lane's own TypeScript and what no other stage counts. */
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
