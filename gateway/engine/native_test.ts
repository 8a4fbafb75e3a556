import { deepEqual, equal, notDeepEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { loadCore } from "../../ts-bindings/core.ts";
import type { AeadName } from "../../tests/support/aead.ts";
import {
  type BatchEngine,
  batchesOfAllLengths,
  checkAlignments,
  checkRandom,
  checkVectors,
  KEYS,
} from "../../tests/support/aead_cases.ts";
import { loadAeadVectors } from "../../tests/support/aead_vectors.ts";
import {
  type InstalledSa,
  installSa,
  isAuthentic,
  LANE,
  type LaneScene,
  layOut,
  openLane,
  type Place,
  readSealed,
  removeSa,
  type SaKey,
  writeSpec,
} from "../../tests/support/lane_jobs.ts";
import { findTestLibrary } from "../../tests/support/engine_library.ts";
import { runtime } from "../runtime/mod.ts";
import { joinNativeEngine, type NativeEngine, openJobs, openNativeEngine } from "./native.ts";

const path = findTestLibrary();
/** The tests are skipped if Rust has built no library, because the core is complete without it. */
const skip = path === undefined ? "no native library has been built" : false;

/** A core whose memory is attached to the library too. */
interface Scene extends LaneScene {
  readonly native: NativeEngine;
}

async function openScene(): Promise<Scene> {
  const lane = openLane((await loadCore(runtime.readCore)).module);
  ok(path !== undefined);
  const mapped = runtime.mapMemory(lane.memory);
  return { ...lane, native: openNativeEngine({ runtime, path, memory: lane.memory, mapped }) };
}

/**
 * Installs an SA in the core and in the library, as the shell does. Undefined if the library
 * refuses it.
 */
function install(scene: Scene, key: SaKey): InstalledSa | undefined {
  const sa = installSa(scene, key);
  writeSpec(scene, key);
  if (scene.native.install(scene.shell, sa.id)) return sa;
  removeSa(scene, sa);
  return undefined;
}

function keyOf(spi: number, keyLen: number, aead: AeadName = "aes-gcm-16"): SaKey {
  return { spi, aead, key: Uint8Array.from({ length: keyLen }, (_, i) => spi + 3 * i) };
}

/** Packets of 64 octets, dealt to the SAs in turn. */
function layPackets(scene: Scene, sas: readonly InstalledSa[], count: number): Place[] {
  const packets = Array.from({ length: count }, (_, i) => {
    const sa = sas[i % sas.length];
    ok(sa !== undefined);
    const aad = Uint8Array.of(0, 0, sa.spi >> 8, sa.spi, 0, 0, 0, i);
    const plain = Uint8Array.from({ length: 64 }, (_, n) => n + 1);
    return { sa, nonce: new Uint8Array(12).fill(i), aad, plain, sourceSkew: 0, dataSkew: i };
  });
  return layOut(scene, packets);
}

async function openEngine(): Promise<BatchEngine & { readonly native: NativeEngine }> {
  const scene = await openScene();
  return {
    scene,
    native: scene.native,
    // One of McGrew's vectors has SPI 0, which no SA can have.
    install: (key) => key.spi === 0 ? undefined : install(scene, key),
    remove: (sa) => {
      scene.native.remove(sa.id);
      removeSa(scene, sa);
    },
    seal: () => ok(scene.native.seal(scene.block), "left to the core"),
    open: () => ok(scene.native.open(scene.block), "left to the core"),
    keepsForged: false,
  };
}

test("seal() and open() agree with every vector, and refuse spoilt ones", { skip }, async () => {
  const engine = await openEngine();
  const vectors = await loadAeadVectors();
  equal(checkVectors(engine, vectors.packets), 28);
  equal(checkVectors(engine, vectors.aesGcm), 3);
  equal(checkVectors(engine, vectors.chacha), 47);
  equal(checkVectors(engine, vectors.esp), 10);
  engine.native.close();
});

test("seal() and open() equal node:crypto on random batches", { skip }, async () => {
  const engine = await openEngine();
  const batches = batchesOfAllLengths(9329);
  const packets = batches.flat().length;
  equal(checkRandom(engine, { name: "all keys", seed: 4303, batches, keys: KEYS }), packets);
  equal(checkAlignments(engine, 7634), 3 * 256);
  engine.native.close();
});

test("a batch with an SA that the library lacks is left to the core", { skip }, async () => {
  const scene = await openScene();
  const aes128 = install(scene, keyOf(0x100, 16));
  ok(aes128 !== undefined);
  equal(install(scene, keyOf(0x101, 24)), undefined);
  const places = layPackets(scene, [aes128, installSa(scene, keyOf(0x101, 24))], 3);
  const before = places.map((place) => readSealed(scene, place));
  ok(!scene.native.seal(scene.block));
  deepEqual(places.map((place) => readSealed(scene, place)), before);
  scene.core.outbound_seal(LANE);
  const [sealed] = places.map((place) => readSealed(scene, place));
  notDeepEqual(sealed, before[0]);
  const native = joinNativeEngine(runtime, scene.native.handle);
  openJobs({ core: scene.core, index: LANE, tables: { block: scene.block }, native });
  for (const place of places) {
    ok(isAuthentic(scene, place));
    equal(scene.u8[place.data], 1);
  }
  scene.native.close();
});

test("remove() and close() end the use of a key", { skip }, async () => {
  const scene = await openScene();
  const sa = install(scene, keyOf(0x100, 16));
  ok(sa !== undefined);
  layPackets(scene, [sa], 1);
  ok(scene.native.seal(scene.block));
  scene.native.remove(sa.id);
  ok(!scene.native.seal(scene.block));
  install(scene, keyOf(0x101, 16));
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
