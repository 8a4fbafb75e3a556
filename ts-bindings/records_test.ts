// Writers of records, against the core that reads them.

import { deepEqual, equal, ok } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { AEAD_NAMES, AEADS } from "./aead.ts";
import { type Core, instantiateCore, planMemory } from "./core.ts";
import {
  IKE_DROP,
  JOB_AAD,
  JOB_DATA_LEN,
  JOB_LEN,
  JOB_SEQUENCE,
  LANE_JOBS,
  LANE_SA_SPEC,
  SA_DIRECTION,
  SA_ESN,
  SA_INBOUND,
  SA_INITIAL_SEQUENCE,
  SA_INSTALLED_AT,
  SA_PEER,
  SA_SPI,
  SA_WINDOW_LEN,
  SPEC_KEY,
  SPEC_KEY_LEN,
  UNKNOWN_SPI_DROP,
} from "./layout.ts";
import { type RecordViews, type SaSpec, viewRecords, writeJob, writeSaSpec } from "./records.ts";

const LIMITS = { lanes: 1, connections: 1, sas: 8, rings: 1, innerMtu: 1400 };
const SHELL = 1;
const ANY = { version: 4, bits: 0, octets: new Uint8Array(4) };
const SPEC: SaSpec = {
  spi: 0xc0ff_ee01,
  direction: SA_INBOUND,
  peer: 7,
  algorithm: AEADS["aes-gcm-16"].number,
  esn: 1,
  windowLen: 128,
  keyLen: 20,
  localCount: 1,
  remoteCount: 2,
  standby: 1,
  initialSequence: 2n ** 32n + 5n,
  ivOffset: 2n ** 64n - 1n,
  softPackets: 1n,
  softOctets: 1n,
  softSeconds: 1.5,
  hardPackets: 2n,
  hardOctets: 3n,
  hardSeconds: 4.5,
  now: 6.5,
  key: new Uint8Array(20).fill(9),
  local: [ANY],
  remote: [ANY, { version: 6, bits: 128, octets: new Uint8Array(16).fill(1) }],
};

test("writeSaSpec() writes what the core installs and wipes", async () => {
  const { core, views } = await open();
  const at = core.lane_block(SHELL) + LANE_SA_SPEC;
  writeSaSpec(views, at, SPEC);
  const id = core.sa_install(SHELL);
  ok(id > 0, `status ${-id}`);
  const row = core.sa_row(id);
  const word = (member: number): number | undefined => views.u32[(row + member) >>> 2];
  deepEqual([SA_SPI, SA_DIRECTION, SA_PEER, SA_ESN, SA_WINDOW_LEN].map(word), [
    SPEC.spi,
    SPEC.direction,
    SPEC.peer,
    SPEC.esn,
    SPEC.windowLen,
  ]);
  equal(views.u64[(row + SA_INITIAL_SEQUENCE) / 8], SPEC.initialSequence);
  equal(views.f64[(row + SA_INSTALLED_AT) / 8], SPEC.now);
  equal(views.u32[(at + SPEC_KEY_LEN) >>> 2], 0);
  ok(views.u8.subarray(at + SPEC_KEY, at + SPEC_KEY + SPEC.keyLen).every((octet) => octet === 0));
});

test("every AEAD of the table is installed with its lengths and refused with others", async () => {
  const { core, views } = await open();
  const at = core.lane_block(SHELL) + LANE_SA_SPEC;
  for (const name of AEAD_NAMES) {
    const { number, keyLens, saltLen } = AEADS[name];
    const taken = Array.from({ length: 41 }, (_, keyLen) => keyLen).filter((keyLen) => {
      writeSaSpec(views, at, { ...SPEC, algorithm: number, keyLen, key: new Uint8Array(keyLen) });
      return core.sa_remove(SHELL, Math.max(core.sa_install(SHELL), 0)) === 1;
    });
    deepEqual(taken, keyLens.map((len) => len + saltLen), name);
  }
});

test("writeJob() writes each member at its place", async () => {
  const { core, views } = await open();
  const at = core.lane_block(0) + LANE_JOBS + JOB_LEN;
  const nonce = Uint8Array.from({ length: 12 }, (_, i) => i);
  const aad = Uint8Array.from({ length: 8 }, (_, i) => 100 + i);
  const numbers = { context: 1, data: 2, dataLen: 3, source: 4, tag: 5, aadLen: 8, ok: 6, sa: 7 };
  writeJob(views, at, { ...numbers, nonce, aad, sequence: 2n ** 40n });
  equal(views.u32[(at + JOB_DATA_LEN) >>> 2], 3);
  deepEqual([...views.u8.subarray(at + JOB_AAD, at + JOB_AAD + 8)], [...aad]);
  equal(views.u64[(at + JOB_SEQUENCE) / 8], 2n ** 40n);
});

async function open(): Promise<{ readonly core: Core; readonly views: RecordViews }> {
  const octets = await readFile(new URL("./esp.strict.wasm", import.meta.url));
  const module = await WebAssembly.compile(new Uint8Array(octets));
  const memory = planMemory(module, LIMITS);
  const core = instantiateCore({ module, memory });
  const { lanes, connections, sas, rings, innerMtu } = LIMITS;
  equal(
    core.core_init(
      lanes,
      connections,
      sas,
      rings,
      innerMtu,
      0,
      0,
      0,
      1,
      IKE_DROP,
      UNKNOWN_SPI_DROP,
    ),
    1,
  );
  return { core, views: viewRecords(memory) };
}
