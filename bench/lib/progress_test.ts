import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { openProgress } from "./progress.ts";

function written(
  { isTerminal, columns = 80 }: { isTerminal: boolean; columns?: number },
): string[] {
  const texts: string[] = [];
  const progress = openProgress({ isTerminal, columns, write: (text) => void texts.push(text) });
  progress.expect(1);
  progress.expect(1);
  progress.begin("seal aes-128-gcm 64");
  progress.round(1, 9);
  progress.clear();
  progress.clear();
  progress.begin("open aes-128-gcm 64");
  return texts;
}

test("openProgress() writes one line again and again on a terminal", () => {
  deepEqual(written({ isTerminal: true }), [
    "\r\x1b[K1 of 2: seal aes-128-gcm 64",
    "\r\x1b[K1 of 2: seal aes-128-gcm 64, round 1 of 9",
    "\r\x1b[K",
    "\r\x1b[K2 of 2: open aes-128-gcm 64",
  ]);
});

test("openProgress() cuts a line that would wrap", () => {
  deepEqual(written({ isTerminal: true, columns: 10 }).slice(0, 2), [
    "\r\x1b[K1 of 2: s",
    "\r\x1b[K1 of 2: s",
  ]);
});

test("openProgress() writes a line a case elsewhere", () => {
  deepEqual(written({ isTerminal: false }), [
    "1 of 2: seal aes-128-gcm 64\n",
    "2 of 2: open aes-128-gcm 64\n",
  ]);
});
