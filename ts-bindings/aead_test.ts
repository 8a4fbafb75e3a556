// Tests the committed modules on this runtime's own engine, with published vectors and with packets
// that node:crypto sealed.

import { equal, ok } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import {
  type BatchEngine,
  batchesOfAllLengths,
  checkAlignments,
  checkRandom,
  checkVectors,
  KEYS,
} from "../tests/support/aead_cases.ts";
import { loadAeadVectors } from "../tests/support/aead_vectors.ts";
import { installSa, LANE, openLane, removeSa } from "../tests/support/lane_jobs.ts";
import type { CoreVariant } from "./core.ts";

const VARIANTS: readonly CoreVariant[] = ["relaxed", "strict"];

async function openEngine(variant: CoreVariant): Promise<BatchEngine> {
  const octets = await readFile(new URL(`./esp.${variant}.wasm`, import.meta.url));
  const scene = openLane(await WebAssembly.compile(new Uint8Array(octets)));
  return {
    scene,
    // One of McGrew's vectors has SPI 0, which no SA can have. The kernels do not look at the SPI.
    install: (key) => installSa(scene, { ...key, spi: key.spi || 1 }),
    remove: (sa) => removeSa(scene, sa),
    seal: () => scene.core.outbound_seal(LANE),
    open: () => scene.core.inbound_open(LANE),
    keepsForged: true,
  };
}

for (const variant of VARIANTS) {
  test(`esp.${variant}.wasm seals and opens every vector, and opens none that is spoilt`, async () => {
    const engine = await openEngine(variant);
    const vectors = await loadAeadVectors();
    equal(checkVectors(engine, vectors.packets), 31);
    equal(checkVectors(engine, vectors.aesGcm), 5);
    equal(checkVectors(engine, vectors.chacha), 47);
    equal(checkVectors(engine, vectors.esp), 11);
  });

  test(`esp.${variant}.wasm equals node:crypto on random batches`, async () => {
    const engine = await openEngine(variant);
    const batches = batchesOfAllLengths(9329);
    const packets = batches.flat().length;
    equal(checkRandom(engine, { name: "all keys", seed: 4303, batches, keys: KEYS }), packets);
    for (const key of KEYS) {
      const name = key.join("-");
      equal(checkRandom(engine, { name, seed: 4106, batches, keys: [key] }), packets);
    }
    ok(packets > 1000, `${packets} packets`);
  });

  test(`esp.${variant}.wasm takes octets at every alignment`, async () => {
    equal(checkAlignments(await openEngine(variant), 7634), 4 * 256);
  });
}
