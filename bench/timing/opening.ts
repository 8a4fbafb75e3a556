// Opening by classes of tags, keys and data, and the control of the method.

import { JOB_CONTEXT, JOB_TAG } from "../../ts-bindings/layout.ts";
import { LANE } from "../kernels/core_bench.ts";
import { type Aead, framesOf, sealPacket, TAG_LEN, type Workload } from "../kernels/workload.ts";
import { drawMembers, placed, POOL, random } from "./pool.ts";
import { countAuthentic, jobOffsets, openOpenScene, type OpenScene } from "./scene.ts";
import type { Subject, Timed } from "./subject.ts";

/**
 * Subjects of opening: the place of the wrong octet in a tag, and keys and data of authentic
 * packets.
 */
export function opening(aead: Aead, octets: number): readonly Subject[] {
  return [
    {
      ...{ case: `open/tag ${aead} ${octets}`, octets },
      about: "tag wrong in its first or its last octet",
      open: () => _openTags(aead, octets, (place) => place % 2 === 0 ? 0 : TAG_LEN - 1),
    },
    {
      ...{ case: `open/key ${aead} ${octets}`, octets },
      about: "fixed or random key",
      open: () => _openKeys(aead, octets),
    },
    {
      ...{ case: `open/data ${aead} ${octets}`, octets },
      about: "fixed or random data",
      open: () => _openData(aead, octets),
    },
  ];
}

/** A subject that must show no difference: one class under two names. */
export function control(aead: Aead, octets: number): Subject {
  return {
    ...{ case: `open/control ${aead} ${octets}`, octets },
    about: "control: one class under two names",
    open: () => _openTags(aead, octets, () => 0),
  };
}

/** Tags with one wrong octet, whose place depends on the member of the pool. */
async function _openTags(
  aead: Aead,
  octets: number,
  wrongAt: (place: number) => number,
): Promise<Timed> {
  const scene = await openOpenScene(aead, octets);
  const { core, views } = scene.bench;
  const tagsAt = jobOffsets(scene, JOB_TAG);
  const right = scene.workload.packets.map(({ tag }) => tag);
  const members = placed(
    Array.from(
      { length: 2 * POOL },
      (_, place) => right.map((tag) => _spoiled(tag, wrongAt(place))),
    )
      .flat(),
  );
  const timed = {
    choose: (kind: number, n: number): void => {
      const first = (2 * n + kind) * tagsAt.length;
      for (let i = 0; i < tagsAt.length; i += 1) {
        const tag = members[first + i];
        if (tag !== undefined) views.u8.set(tag, tagsAt[i] ?? 0);
      }
    },
    run: () => core.inbound_open(LANE),
  };
  return _expectAuthentic(scene, timed, 0);
}

/** Keys, each with packets that are authentic under it. */
async function _openKeys(aead: Aead, octets: number): Promise<Timed> {
  const scene = await openOpenScene(aead, octets);
  const { core, views } = scene.bench;
  const keyAt = jobOffsets(scene, JOB_CONTEXT)[0] ?? 0;
  const { keys, contexts } = scene.drawn;
  const frames = placed(keys.map((key) => _sealed({ ...scene.workload, key })));
  const timed = {
    choose: (kind: number, n: number): void => {
      const [context, own] = [contexts[2 * n + kind], frames[2 * n + kind]];
      if (context !== undefined) views.u8.set(context, keyAt);
      if (own !== undefined) views.u8.set(own, scene.framesAt);
    },
    run: () => core.inbound_open(LANE),
  };
  return _expectAuthentic(scene, timed, scene.workload.packets.length);
}

/** Authentic packets with different data under one key. */
async function _openData(aead: Aead, octets: number): Promise<Timed> {
  const scene = await openOpenScene(aead, octets);
  const { core, views } = scene.bench;
  const plaintexts = drawMembers(() => random(octets)).map((plain) => new Uint8Array(plain));
  const frames = placed(plaintexts.map((plain) => _sealed(scene.workload, plain)));
  const timed = {
    choose: (kind: number, n: number): void => {
      const own = frames[2 * n + kind];
      if (own !== undefined) views.u8.set(own, scene.framesAt);
    },
    run: () => core.inbound_open(LANE),
  };
  return _expectAuthentic(scene, timed, scene.workload.packets.length);
}

/** The workload's packets sealed under its key, with another plaintext if one is given. */
function _sealed(workload: Workload, plain?: Uint8Array<ArrayBuffer>): Uint8Array {
  return framesOf(
    workload.packets.map((packet) =>
      sealPacket(workload, plain === undefined ? packet : { ...packet, plain })
    ),
  );
}

function _spoiled(tag: Uint8Array, wrongAt: number): Uint8Array {
  return tag.map((value, at) => at === wrongAt ? value ^ 0x55 : value);
}

/**
 * Runs every member once.
 *
 * @throws {Error} Unless exactly `count` packets of each are authentic
 */
function _expectAuthentic(scene: OpenScene, timed: Timed, count: number): Timed {
  for (let place = 0; place < 2 * POOL; place += 1) {
    timed.choose(place & 1, place >> 1);
    timed.run();
    const found = countAuthentic(scene);
    if (found !== count) throw new Error(`Cannot measure: ${found} of ${count} are authentic`);
  }
  return timed;
}
