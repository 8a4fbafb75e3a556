// What is timed: one call of the batch API. Before each call, other values are copied whole from
// the pool to the same places of the memory, so that both classes store to the same addresses.

import { JOB_CONTEXT, JOB_SOURCE } from "../../ts-bindings/layout.ts";
import { LANE } from "../kernels/core_bench.ts";
import type { Aead } from "../kernels/workload.ts";
import { drawMembers, placed, random } from "./pool.ts";
import { jobOffsets, openSealScene } from "./scene.ts";

/** An operation whose time must not depend on the class of its secrets. */
export interface Subject {
  /** The name in records: `open/key aes-128-gcm 64`. */
  readonly case: string;
  /** Length of each packet. */
  readonly octets: number;
  /** Describes its classes. */
  readonly about: string;
  /** Prepares it, with a core of its own. */
  open(): Timed | Promise<Timed>;
}

/** A subject that is ready to time. */
export interface Timed {
  /** Sets the values of member `n` of class 0 or 1. Not timed. */
  choose(kind: number, n: number): void;
  run(): void;
}

/**
 * Subjects of sealing: a fixed key against random keys, and a fixed plaintext against random ones.
 */
export function sealing(aead: Aead, octets: number): readonly Subject[] {
  return [
    {
      ...{ case: `seal/plaintext ${aead} ${octets}`, octets },
      about: "fixed or random plaintext",
      open: () => _sealPlaintexts(aead, octets),
    },
    {
      ...{ case: `seal/key ${aead} ${octets}`, octets },
      about: "fixed or random key",
      open: () => _sealKeys(aead, octets),
    },
  ];
}

/** A comparison that ends at the first difference. The method must find this leak. */
export function leakyComparison(): Subject {
  return {
    ...{ case: `compare/leaky none ${TAG_LEN}`, octets: TAG_LEN },
    about: "a comparison that ends early",
    open: _openLeaky,
  };
}

async function _sealPlaintexts(aead: Aead, octets: number): Promise<Timed> {
  const scene = await openSealScene(aead, octets);
  const { core, views } = scene.bench;
  const sources = jobOffsets(scene, JOB_SOURCE);
  const plaintexts = placed(drawMembers(() => random(octets)));
  return {
    choose: (kind, n) => {
      const plaintext = plaintexts[2 * n + kind];
      for (const at of sources) if (plaintext !== undefined) views.u8.set(plaintext, at);
    },
    run: () => core.outbound_seal(LANE),
  };
}

async function _sealKeys(aead: Aead, octets: number): Promise<Timed> {
  const scene = await openSealScene(aead, octets);
  const { core, views } = scene.bench;
  const keyAt = jobOffsets(scene, JOB_CONTEXT)[0] ?? 0;
  const { contexts } = scene.drawn;
  return {
    choose: (kind, n) => {
      const context = contexts[2 * n + kind];
      if (context !== undefined) views.u8.set(context, keyAt);
    },
    run: () => core.outbound_seal(LANE),
  };
}

function _openLeaky(): Timed {
  const tag = random(TAG_LEN);
  const wrong = [0, TAG_LEN - 1].map((octet) =>
    tag.map((value, at) => at === octet ? value ^ 0x55 : value)
  );
  let received = tag;
  let equal = 0;
  return {
    choose: (kind) => {
      received = wrong[kind] ?? tag;
    },
    run: () => {
      for (let round = 0; round < 256; round += 1) {
        let at = 0;
        while (at < TAG_LEN && tag[at] === received[at]) at += 1;
        if (at === TAG_LEN) equal += 1;
      }
      if (equal > 0) throw new Error("Cannot compare: both are wrong");
    },
  };
}

const TAG_LEN = 16;
