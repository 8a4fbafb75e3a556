import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import type { IpAddress } from "../model/address.ts";
import { createAddressOrder } from "./address_order.ts";

const ADDRESSES = ["a", "b", "c"].map((text): IpAddress => ({ text, octets: new Uint8Array(4) }));
const [A, B, C] = ADDRESSES as [IpAddress, IpAddress, IpAddress];

test("addresses are tried in the resolver's order until one fails", () => {
  const order = createAddressOrder();
  deepEqual(order.sort(ADDRESSES), [A, B, C]);
  order.failed(A);
  deepEqual(order.sort(ADDRESSES), [B, C, A]);
  deepEqual(order.sort([A]), [A]);
});

test("of those that have failed the one of the longest ago comes first", () => {
  const order = createAddressOrder();
  for (const address of [B, A, C, B]) order.failed(address);
  deepEqual(order.sort(ADDRESSES), [A, C, B]);
});

test("one that was good again is as before", () => {
  const order = createAddressOrder();
  for (const address of ADDRESSES) order.failed(address);
  order.good(B);
  deepEqual(order.sort(ADDRESSES), [B, A, C]);
});

test("a name whose addresses change all the time does not fill the memory", () => {
  const order = createAddressOrder();
  order.failed(A);
  for (let i = 0; i < 1000; i++) order.failed({ text: `x${i}`, octets: new Uint8Array(4) });
  deepEqual(order.sort([A, B]), [A, B], "forgotten");
});
