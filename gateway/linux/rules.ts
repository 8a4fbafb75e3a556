// Policy rules (`ip rule`) of our own, through rtnetlink. Each carries our protocol number and its
// owner's number, so that a gateway tells its own rules from those of others and of other gateways.

import {
  EEXIST,
  ENOENT,
  FIB_RULE_FIND_SADDR,
  FR_ACT_GOTO,
  FRA_DPORT_RANGE,
  FRA_DST,
  FRA_FWMARK,
  FRA_FWMASK,
  FRA_GOTO,
  FRA_IIFNAME,
  FRA_IP_PROTO,
  FRA_PRIORITY,
  FRA_PROTOCOL,
  FRA_SPORT_RANGE,
  FRA_SRC,
  FRA_SUPPRESS_PREFIXLEN,
  FRA_TABLE,
  LITTLE_ENDIAN,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  RT_TABLE_UNSPEC,
  RTM_DELRULE,
  RTM_GETRULE,
  RTM_NEWRULE,
} from "./constants.ts";
import type { Kernel } from "./kernel.ts";
import {
  type Attribute,
  emitRequest,
  type Message,
  parseAttributes,
  u32Attribute,
  u32Of,
} from "./netlink.ts";
import { dump, isDone } from "./netlink_socket.ts";
import { OUR_PROTOCOL } from "./routes.ts";

/** A prefix that a rule compares. */
export interface RulePrefix {
  readonly octets: Uint8Array;
  readonly bits: number;
}

/** A rule. Members that are not there match everything. */
export interface Rule {
  readonly family: number;
  readonly priority: number;
  /** FR_ACT_ value: look in `table`, go to the rule with priority `target`, or nothing. */
  readonly action: number;
  /** Where to look; for other actions the owner's number. */
  readonly table: number;
  readonly target?: number;
  readonly from?: RulePrefix;
  readonly to?: RulePrefix;
  /** Device that the packet came from; `lo` stands for this host's own packets. */
  readonly input?: string;
  /** With mask 0 it matches every packet, and only names the owner. */
  readonly mark?: { readonly value: number; readonly mask: number };
  /** Takes no route whose prefix is this long or shorter. */
  readonly suppress?: number;
  readonly protocol?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** FIB_RULE_ flags. */
  readonly flags?: number;
}

/**
 * Adds a rule.
 *
 * @returns "existed" if there is the same one already
 * @throws {Error} `Cannot add a routing rule of priority 9000: EPERM (needs CAP_NET_ADMIN)`
 */
export function addRule(kernel: Kernel, rule: Rule): "added" | "existed" {
  const action = `Cannot add a routing rule of priority ${rule.priority}`;
  const flags = NLM_F_CREATE | NLM_F_EXCL;
  const message = emitRuleRequest(RTM_NEWRULE, flags, rule);
  return isDone(kernel, message, { action, tolerated: EEXIST }) ? "added" : "existed";
}

/**
 * Removes a rule of ours: one that agrees in every member, protocol and owner included.
 *
 * @returns "absent" if there is none
 * @throws {Error} As `addRule`
 */
export function removeRule(kernel: Kernel, rule: Rule): "removed" | "absent" {
  const action = `Cannot remove a routing rule of priority ${rule.priority}`;
  const message = emitRuleRequest(RTM_DELRULE, 0, rule);
  return isDone(kernel, message, { action, tolerated: ENOENT }) ? "removed" : "absent";
}

/**
 * Our rules of a family, those of other gateways included.
 *
 * @param kernel With a window of 32 KiB
 */
export function listOurRules(kernel: Kernel, family: number): Rule[] {
  const head = new Uint8Array(RULE_HEAD_LEN);
  head[0] = family;
  const message = emitRequest({ type: RTM_GETRULE, flags: NLM_F_DUMP, head, attributes: [] });
  const rules: Rule[] = [];
  dump(kernel, { message, action: "Cannot list routing rules" }, (told) => {
    const rule = told.type === RTM_NEWRULE ? parseOurRule(told) : undefined;
    if (rule !== undefined) rules.push(rule);
  });
  return rules;
}

/** Reads RTM_NEWRULE and RTM_DELRULE; undefined unless the rule has our protocol number. */
export function parseOurRule(message: Message): Rule | undefined {
  const { body } = message;
  const attributes = parseAttributes(message, RULE_HEAD_LEN);
  if (attributes.get(FRA_PROTOCOL)?.[0] !== OUR_PROTOCOL) return undefined;
  const target = u32Of(attributes.get(FRA_GOTO));
  const suppress = u32Of(attributes.get(FRA_SUPPRESS_PREFIXLEN));
  const mask = u32Of(attributes.get(FRA_FWMASK));
  const input = attributes.get(FRA_IIFNAME);
  const protocol = attributes.get(FRA_IP_PROTO)?.[0];
  return {
    family: body.getUint8(0),
    priority: u32Of(attributes.get(FRA_PRIORITY)) ?? 0,
    action: body.getUint8(7),
    table: u32Of(attributes.get(FRA_TABLE)) ?? body.getUint8(4),
    ...target !== undefined && { target },
    ...prefixMember("from", attributes.get(FRA_SRC), body.getUint8(2)),
    ...prefixMember("to", attributes.get(FRA_DST), body.getUint8(1)),
    ...input !== undefined && { input: new TextDecoder().decode(input).replace(/\0.*$/, "") },
    ...mask !== undefined && { mark: { value: u32Of(attributes.get(FRA_FWMARK)) ?? 0, mask } },
    ...suppress !== undefined && suppress <= SUPPRESS_MAX && { suppress },
    ...protocol !== undefined && protocol !== 0 && { protocol },
    ...portMember("sourcePort", attributes.get(FRA_SPORT_RANGE)),
    ...portMember("destinationPort", attributes.get(FRA_DPORT_RANGE)),
    flags: body.getUint32(8, LITTLE_ENDIAN) & OUR_FLAGS,
  };
}

function prefixMember(
  name: "from" | "to",
  octets: Uint8Array | undefined,
  bits: number,
): Partial<Rule> {
  return octets === undefined ? {} : { [name]: { octets, bits } };
}

function portMember(
  name: "sourcePort" | "destinationPort",
  range: Uint8Array | undefined,
): Partial<Rule> {
  if (range === undefined || range.length < 2) return {};
  return { [name]: new DataView(range.buffer, range.byteOffset).getUint16(0, LITTLE_ENDIAN) };
}

/** A text that is the same for equal rules only. */
export function ruleKey(rule: Rule): string {
  const { from, to, mark } = rule;
  return [
    ...[rule.family, rule.priority, rule.action, rule.table, rule.target ?? ""],
    ...[prefixText(from), prefixText(to), rule.input ?? ""],
    ...[mark === undefined ? "" : `${mark.value}/${mark.mask}`, rule.suppress ?? ""],
    ...[rule.protocol ?? "", rule.sourcePort ?? "", rule.destinationPort ?? "", rule.flags ?? 0],
  ].join(" ");
}

function prefixText(prefix: RulePrefix | undefined): string {
  return prefix === undefined ? "" : `${prefix.octets.join(".")}/${prefix.bits}`;
}

function emitRuleRequest(type: number, flags: number, rule: Rule): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(RULE_HEAD_LEN);
  const { from, to, action } = rule;
  head.set([rule.family, to?.bits ?? 0, from?.bits ?? 0, 0, RT_TABLE_UNSPEC, 0, 0, action]);
  new DataView(head.buffer).setUint32(8, rule.flags ?? 0, LITTLE_ENDIAN);
  return emitRequest({ type, flags, head, attributes: attributesOf(rule) });
}

function attributesOf(rule: Rule): Attribute[] {
  const { from, to, input, mark, suppress, protocol, sourcePort, destinationPort, target } = rule;
  const attributes = [
    u32Attribute(FRA_PRIORITY, rule.priority),
    u32Attribute(FRA_TABLE, rule.table),
    { type: FRA_PROTOCOL, data: Uint8Array.of(OUR_PROTOCOL) },
  ];
  if (rule.action === FR_ACT_GOTO) attributes.push(u32Attribute(FRA_GOTO, target ?? 0));
  if (from !== undefined) attributes.push({ type: FRA_SRC, data: from.octets });
  if (to !== undefined) attributes.push({ type: FRA_DST, data: to.octets });
  if (input !== undefined) {
    attributes.push({ type: FRA_IIFNAME, data: new TextEncoder().encode(`${input}\0`) });
  }
  if (mark !== undefined) {
    attributes.push(u32Attribute(FRA_FWMARK, mark.value), u32Attribute(FRA_FWMASK, mark.mask));
  }
  if (suppress !== undefined) attributes.push(u32Attribute(FRA_SUPPRESS_PREFIXLEN, suppress));
  if (protocol !== undefined) {
    attributes.push({ type: FRA_IP_PROTO, data: Uint8Array.of(protocol) });
  }
  if (sourcePort !== undefined) attributes.push(portAttribute(FRA_SPORT_RANGE, sourcePort));
  if (destinationPort !== undefined) {
    attributes.push(portAttribute(FRA_DPORT_RANGE, destinationPort));
  }
  return attributes;
}

/** `struct fib_rule_port_range`: first 2 | last 2. */
function portAttribute(type: number, port: number): Attribute {
  const data = new Uint8Array(4);
  const view = new DataView(data.buffer);
  view.setUint16(0, port, LITTLE_ENDIAN);
  view.setUint16(2, port, LITTLE_ENDIAN);
  return { type, data };
}

const RULE_HEAD_LEN = 12;

/** The kernel gives -1 where a rule has none. */
const SUPPRESS_MAX = 128;

/** Flags that rules of ours may have; the kernel adds some that tell their state. */
const OUR_FLAGS = FIB_RULE_FIND_SADDR;
