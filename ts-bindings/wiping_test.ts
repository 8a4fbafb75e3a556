// A removed key is nowhere in the core's memory: not in its row, and not where the compiler may
// have put a copy of the key or of values derived from it.

import { deepEqual, ok } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { KEYS } from "../tests/support/aead_cases.ts";
import { foundIn, secretsOf } from "../tests/support/key_traces.ts";
import {
  installSa,
  LANE,
  layOut,
  openLane,
  removeSa,
  writeSpec,
} from "../tests/support/lane_jobs.ts";

const SPI = 0x100;
const SHELL = 1;

for (const variant of ["relaxed", "strict"]) {
  for (const [aead, len] of KEYS) {
    test(`esp.${variant}.wasm keeps nothing of a key that has gone: ${aead}, ${len} octets`, async () => {
      const octets = await readFile(new URL(`./esp.${variant}.wasm`, import.meta.url));
      const scene = openLane(await WebAssembly.compile(new Uint8Array(octets)));
      const key = randomBytes(len);
      const secrets = secretsOf(aead, key);
      const sa = installSa(scene, { spi: SPI, aead, key });
      layOut(scene, [{
        sa,
        nonce: new Uint8Array(12),
        aad: new Uint8Array(8),
        plain: new Uint8Array(333),
        sourceSkew: 0,
        dataSkew: 0,
      }]);
      scene.core.outbound_seal(LANE);
      removeSa(scene, sa);
      deepEqual(foundIn(scene.memory, secrets), [], "after the removal");

      // A key of a length that the AEAD has not is refused.
      writeSpec(scene, { spi: SPI, aead, key: Uint8Array.of(...key, 0) });
      ok(scene.core.sa_install(SHELL) < 0);
      deepEqual(foundIn(scene.memory, secrets), [], "after a refusal");

      installSa(scene, { spi: SPI, aead, key });
      scene.core.core_wipe_all();
      deepEqual(foundIn(scene.memory, secrets), [], "after all keys were wiped");
    });
  }
}
