// Records for the tests of the bench page.

import type { BenchRecord } from "../../bench/lib/record.ts";

export const OURS: BenchRecord = {
  suite: "kernels",
  case: "seal aes-128-gcm 1400",
  subject: "culvert-wasm",
  runtime: "deno 2.9.6",
  octets: 1400,
  rate: 1400 / 2e-6,
  unit: "octets/s",
  median: 2e-6,
  low: 1e-6,
  high: 4e-6,
  runs: 9,
  baseline: "node-crypto",
  ratio: 4,
  commit: "abc1234",
  at: "2026-11-23T12:00:00Z",
  machine: "AMD EPYC, 2 cores",
};

export const RIVAL: BenchRecord = {
  ...OURS,
  subject: "node-crypto",
  version: "deno 2.9.6",
  rate: 1400 / 8e-6,
  median: 8e-6,
  low: 6e-6,
  high: 10e-6,
};

export const STAGE: BenchRecord = {
  ...OURS,
  suite: "path",
  case: "tunnel/aead up 1400 1",
  unit: "packets/s",
};

export const PING: BenchRecord = {
  ...OURS,
  suite: "wire",
  case: "ping/p99 idle 84 1",
  octets: 84,
  unit: "packets/s",
  median: 3e-4,
  low: 2e-4,
  high: 4e-4,
};
