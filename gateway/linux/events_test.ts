import assert from "node:assert/strict";
import { test } from "node:test";
import { EPOLLIN } from "./constants.ts";
import { kick, openEventfd } from "./eventfd.ts";
import {
  addWatch,
  closeAll,
  drainKicks,
  epollWait,
  openEpoll,
  openTestKernel,
} from "../../tests/support/test_kernel.ts";

const kernel = openTestKernel();
const { libc } = kernel;

test("addWatch() reports each descriptor by its tag, once per edge", () => {
  const epfd = openEpoll(kernel);
  const fds = [openEventfd(kernel), openEventfd(kernel)];
  const tags = [{ kind: 0x80000001, id: 0xffffffff }, { kind: 2, id: 7 }];
  fds.forEach((fd, i) =>
    addWatch(kernel, { epfd, fd, events: EPOLLIN, tag: tags[i] ?? { kind: 0, id: 0 } })
  );
  assert.deepEqual(epollWait(kernel, epfd, 0), []);
  for (const fd of fds) kick(kernel, fd);
  const told = epollWait(kernel, epfd, 0).map(({ kind, id }) => ({ kind, id }));
  assert.deepEqual(told, tags);
  assert.deepEqual(epollWait(kernel, epfd, 0), [], "an edge comes once");
  closeAll(libc, [...fds, epfd]);
});

test("addWatch() refuses to add a descriptor twice", () => {
  const epfd = openEpoll(kernel);
  const fd = openEventfd(kernel);
  const watch = { epfd, fd, events: EPOLLIN, tag: { kind: 1, id: 1 } };
  addWatch(kernel, watch);
  assert.throws(() => addWatch(kernel, watch), {
    message: `Cannot watch descriptor ${fd}: EEXIST`,
  });
  closeAll(libc, [fd, epfd]);
});

test("drainKicks() takes all kicks at once, and none from a quiet eventfd", () => {
  const fd = openEventfd(kernel);
  for (let i = 0; i < 3; i++) kick(kernel, fd);
  assert.equal(drainKicks(kernel, fd), 3);
  assert.equal(drainKicks(kernel, fd), 0);
  closeAll(libc, [fd]);
  assert.throws(() => drainKicks(kernel, -1), { message: "Cannot read an eventfd: EBADF" });
});
