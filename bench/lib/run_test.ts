import { deepEqual, rejects } from "node:assert/strict";
import { test } from "node:test";
import type { Contender } from "./run.ts";
import { runRounds } from "./run.ts";

test("runRounds() takes turns, forwards and backwards, and drops the warm-up", async () => {
  const calls: string[] = [];
  const contender = (subject: Contender["subject"]): Contender => ({
    subject,
    measure: () => ({ value: calls.push(subject) }),
  });
  const contenders = [contender("culvert-wasm"), contender("node-crypto")];
  const rounds: string[] = [];
  const onRound = (round: number, of: number): void => void rounds.push(`${round} of ${of}`);
  const samples = await runRounds(contenders, { runs: 2, warmups: 1, onRound });
  deepEqual(rounds, ["1 of 3", "2 of 3", "3 of 3"]);
  deepEqual(calls, [
    ...["culvert-wasm", "node-crypto"],
    ...["node-crypto", "culvert-wasm"],
    ...["culvert-wasm", "node-crypto"],
  ]);
  deepEqual([...samples], [
    ["culvert-wasm", [{ value: 4 }, { value: 5 }]],
    ["node-crypto", [{ value: 3 }, { value: 6 }]],
  ]);
});

test("runRounds() fails with its first sample that fails", async () => {
  let round = 0;
  const contenders: Contender[] = [
    { subject: "noble", measure: () => ({ value: 1 }) },
    {
      subject: "webcrypto",
      measure: () => {
        round += 1;
        if (round === 2) throw new Error("Cannot count");
        return { value: 1 };
      },
    },
  ];
  await rejects(runRounds(contenders, { runs: 3, warmups: 0 }), /Cannot count/);
});

test("runRounds() refuses two contenders of one name", async () => {
  const contender: Contender = { subject: "noble", measure: () => ({ value: 1 }) };
  await rejects(runRounds([contender, contender], { runs: 1, warmups: 0 }), /of one name/);
});
