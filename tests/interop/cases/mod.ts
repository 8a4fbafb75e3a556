// All cases, in the order in which they run.

import type { Case } from "../lib/case.ts";
import { GUIDE_CASES } from "./guide.ts";
import { KERNEL_CASES } from "./kernel.ts";
import { KERNEL_CUT } from "./kernel_cut.ts";
import { LIBRESWAN } from "./libreswan.ts";
import { LIBRESWAN_CERTIFICATES } from "./libreswan_certificates.ts";
import { LIBRESWAN_CUT } from "./libreswan_cut.ts";
import { LIBRESWAN_INSIDE, LIBRESWAN_INSIDE_REKEYS } from "./libreswan_inside.ts";
import { LIBRESWAN_LOCAL } from "./libreswan_local.ts";
import { STRONGSWAN_INSIDE, STRONGSWAN_INSIDE_REKEYS } from "./strongswan_inside.ts";
import { STRONGSWAN_KERNEL } from "./strongswan_kernel.ts";

export const CASES: readonly Case[] = [
  ...GUIDE_CASES,
  ...KERNEL_CASES,
  KERNEL_CUT,
  LIBRESWAN,
  LIBRESWAN_LOCAL,
  LIBRESWAN_CUT,
  LIBRESWAN_INSIDE,
  LIBRESWAN_INSIDE_REKEYS,
  LIBRESWAN_CERTIFICATES,
  STRONGSWAN_INSIDE,
  STRONGSWAN_INSIDE_REKEYS,
  STRONGSWAN_KERNEL,
];
