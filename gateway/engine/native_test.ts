import { deepEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { type Core, instantiateCore, loadCore, planMemory } from "../../ts-bindings/core.ts";
import {
  AEAD_AES_GCM_16,
  AEAD_CHACHA20_POLY1305,
  BATCH_MAX,
  JOB_AAD,
  JOB_AAD_LEN,
  JOB_CONTEXT,
  JOB_DATA,
  JOB_DATA_LEN,
  JOB_LEN,
  JOB_NONCE,
  JOB_OK,
  JOB_SA,
  JOB_SOURCE,
  JOB_TAG,
  LANE_JOB_COUNT,
  LANE_JOBS,
  LANE_SA_SPEC,
  LANE_SLOTS,
  SA_CONTEXT,
  SA_OUTBOUND,
  SPEC_ALGORITHM,
  SPEC_DIRECTION,
  SPEC_KEY,
  SPEC_KEY_LEN,
  SPEC_LOCAL,
  SPEC_LOCAL_COUNT,
  SPEC_PEER,
  SPEC_REMOTE,
  SPEC_REMOTE_COUNT,
  SPEC_SELECTOR_VERSION,
  SPEC_SPI,
} from "../../ts-bindings/layout.ts";
import { runtime } from "../runtime/mod.ts";
import { joinNativeEngine, type NativeEngine, openJobs, openNativeEngine } from "./native.ts";
import { findTestLibrary } from "./test_library.ts";

const path = findTestLibrary();
/** Where Rust has built no library there is nothing to be tested: the core is complete without it. */
const skip = path === undefined ? "no native library has been built" : false;

const LIMITS = { lanes: 1, connections: 1, sas: 8, rings: 1, innerMtu: 1400 };
const SHELL = 1;
const LITTLE_ENDIAN = true;
/** Octets from one packet to the next in the slots. */
const STRIDE = 700;

/** A core with a memory that the library has, too. */
interface Scene {
  readonly core: Core;
  readonly native: NativeEngine;
  readonly view: DataView;
  readonly u8: Uint8Array;
  readonly block: number;
}

interface KeySpec {
  readonly algorithm: number;
  /** With the salt. */
  readonly keyLen: number;
}

const KINDS: readonly KeySpec[] = [
  { algorithm: AEAD_AES_GCM_16, keyLen: 20 },
  { algorithm: AEAD_AES_GCM_16, keyLen: 36 },
  { algorithm: AEAD_CHACHA20_POLY1305, keyLen: 36 },
];
const AES_192: KeySpec = { algorithm: AEAD_AES_GCM_16, keyLen: 28 };

async function openScene(): Promise<Scene> {
  const { module } = await loadCore(runtime.readCore);
  const memory = planMemory(module, LIMITS);
  const mapped = runtime.mapMemory(memory);
  const core = instantiateCore({ module, memory });
  const { lanes, connections, sas, rings, innerMtu } = LIMITS;
  core.core_init(lanes, connections, sas, rings, innerMtu, 0, 0, 0, 1);
  ok(path !== undefined);
  const native = openNativeEngine({ runtime, path, memory, mapped });
  const block = core.lane_block(0);
  return {
    core,
    native,
    view: new DataView(memory.buffer),
    u8: new Uint8Array(memory.buffer),
    block,
  };
}

function writeSpec({ core, view }: Scene, spi: number, { algorithm, keyLen }: KeySpec): void {
  const at = core.lane_block(SHELL) + LANE_SA_SPEC;
  const words = [
    [SPEC_SPI, spi],
    [SPEC_DIRECTION, SA_OUTBOUND],
    [SPEC_PEER, 1],
    [SPEC_ALGORITHM, algorithm],
    [SPEC_KEY_LEN, keyLen],
    [SPEC_LOCAL_COUNT, 1],
    [SPEC_LOCAL + SPEC_SELECTOR_VERSION, 4],
    [SPEC_REMOTE_COUNT, 1],
    [SPEC_REMOTE + SPEC_SELECTOR_VERSION, 4],
  ] as const;
  for (const [field, value] of words) view.setUint32(at + field, value, LITTLE_ENDIAN);
  for (let i = 0; i < keyLen; i++) view.setUint8(at + SPEC_KEY + i, spi + 3 * i);
}

/** Where one packet lies, and its job. */
interface Place {
  readonly job: number;
  readonly data: number;
  readonly len: number;
}

/** Installs an SA in the core and in the library, as the shell does; its id, and whether the library took it. */
function install(scene: Scene, spi: number, key: KeySpec): { sa: number; isTaken: boolean } {
  writeSpec(scene, spi, key);
  const sa = scene.core.sa_install(SHELL);
  ok(sa > 0, `status ${sa}`);
  writeSpec(scene, spi, key);
  return { sa, isTaken: scene.native.install(scene.core.lane_block(SHELL), sa) };
}

/** Lays a batch out: a packet of each length, in turn on each SA. Where packet `i` lies. */
function layOut(
  scene: Scene,
  sas: readonly { spi: number; sa: number }[],
  lens: readonly number[],
): Place[] {
  const { core, view, u8, block } = scene;
  const places = lens.map((len, i) => {
    const { spi, sa } = sas[i % sas.length] ?? { spi: 0, sa: 0 };
    const at = block + LANE_JOBS + i * JOB_LEN;
    const source = block + LANE_SLOTS + i * STRIDE + i % 3;
    const data = source + BATCH_MAX * STRIDE;
    const words = [
      [JOB_CONTEXT, core.sa_row(sa) + SA_CONTEXT],
      [JOB_SOURCE, source],
      [JOB_DATA, data],
      [JOB_DATA_LEN, len],
      [JOB_TAG, data + len],
      [JOB_AAD_LEN, i % 2 === 0 ? 8 : 12],
      [JOB_OK, 0],
      [JOB_SA, sa],
    ] as const;
    for (const [field, value] of words) view.setUint32(at + field, value, LITTLE_ENDIAN);
    for (let n = 0; n < 12; n++) view.setUint8(at + JOB_NONCE + n, 5 * n + i);
    for (let n = 0; n < 12; n++) view.setUint8(at + JOB_AAD + n, 7 * n + i);
    view.setUint32(at + JOB_AAD, spi);
    for (let n = 0; n < len; n++) u8[source + n] = n % 251 + 1;
    return { job: at, data, len };
  });
  view.setUint32(block + LANE_JOB_COUNT, lens.length, LITTLE_ENDIAN);
  return places;
}

function sealedOctets({ u8 }: Scene, places: readonly Place[]): string[] {
  return places.map(({ data, len }) => u8.slice(data, data + len + 16).toHex());
}

const LENGTHS = [0, 1, 15, 16, 17, 64, 100, 255, 256, 576, 640];

test("seal() and open() equal the core's, batch by batch", { skip }, async () => {
  const scene = await openScene();
  const sas = KINDS.map((key, i) => {
    const spi = 0x100 + i;
    const { sa, isTaken } = install(scene, spi, key);
    ok(isTaken, `kind ${i}`);
    return { spi, sa };
  });
  const places = layOut(scene, sas, [...LENGTHS, ...LENGTHS, ...LENGTHS]);
  scene.core.outbound_seal(0);
  const byCore = sealedOctets(scene, places);
  for (const { data, len } of places) scene.u8.fill(0, data, data + len + 16);
  ok(scene.native.seal(scene.block));
  deepEqual(sealedOctets(scene, places), byCore);
  const [, forged] = places;
  ok(forged !== undefined);
  scene.u8[forged.data + forged.len] = (scene.u8[forged.data + forged.len] ?? 0) ^ 1;
  ok(scene.native.open(scene.block));
  const results = places.map(({ job }) => scene.view.getUint32(job + JOB_OK, LITTLE_ENDIAN));
  deepEqual(results, places.map((place) => place === forged ? 0 : 1));
  for (const { data, len } of places.slice(2)) {
    deepEqual(
      [...scene.u8.slice(data, data + len)],
      Array.from({ length: len }, (_, n) => n % 251 + 1),
    );
  }
  scene.native.close();
});

test("a batch with an SA that the library lacks is the core's, whole", { skip }, async () => {
  const scene = await openScene();
  const aes128 = install(scene, 0x100, { algorithm: AEAD_AES_GCM_16, keyLen: 20 });
  const aes192 = install(scene, 0x101, AES_192);
  deepEqual([aes128.isTaken, aes192.isTaken], [true, false]);
  const sas = [{ spi: 0x100, sa: aes128.sa }, { spi: 0x101, sa: aes192.sa }];
  const places = layOut(scene, sas, [64, 64, 64]);
  const before = sealedOctets(scene, places);
  ok(!scene.native.seal(scene.block));
  deepEqual(sealedOctets(scene, places), before);
  scene.core.outbound_seal(0);
  const sealed = sealedOctets(scene, places);
  const native = joinNativeEngine(runtime, scene.native.handle);
  openJobs({ core: scene.core, index: 0, tables: { block: scene.block }, native });
  for (const { job, data } of places) {
    equal(scene.view.getUint32(job + JOB_OK, LITTLE_ENDIAN), 1);
    equal(scene.u8[data], 1);
  }
  notEqual(sealed[0], before[0]);
  scene.native.close();
});

test("remove() and close() end the use of a key", { skip }, async () => {
  const scene = await openScene();
  const { sa } = install(scene, 0x100, { algorithm: AEAD_AES_GCM_16, keyLen: 20 });
  layOut(scene, [{ spi: 0x100, sa }], [64]);
  ok(scene.native.seal(scene.block));
  scene.native.remove(sa);
  ok(!scene.native.seal(scene.block));
  install(scene, 0x101, { algorithm: AEAD_AES_GCM_16, keyLen: 20 });
  scene.native.close();
  scene.native.close();
  ok(!scene.native.open(scene.block));
});

test("openNativeEngine() says what is wrong with a library", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const mapped = runtime.mapMemory(memory);
  const open = (path: string) => () => openNativeEngine({ runtime, path, memory, mapped });
  throws(open("/nowhere/lib.so"), { message: "/nowhere/lib.so is not there" });
  throws(open("/etc/passwd"), /^Error: \/etc\/passwd: [^\n]+$/);
  // deno-lint-ignore camelcase -- the name of the export
  const library = { culvert_engine_fingerprint: () => 1 };
  const other = {
    openEngineLibrary: () => library as ReturnType<typeof runtime.openEngineLibrary>,
  };
  throws(() => openNativeEngine({ runtime: other, path: "old.so", memory, mapped }), {
    message: "old.so is of another build",
  });
});
