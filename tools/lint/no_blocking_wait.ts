import { isBelow } from "./path.ts";

/**
 * Only lanes and the IKE worker may block their thread. Anywhere else a blocking wait would stop
 * the API, the timers and the signals.
 */
export const noBlockingWait: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    if (isBelow(context.filename, ["gateway/lane/", "gateway/ike_worker/", "tests/", "bench/"])) {
      return {};
    }
    return {
      CallExpression(node): void {
        const { callee } = node;
        if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return;
        const { name } = callee.property;
        const isAtomicsWait = name === "wait" && callee.object.type === "Identifier" &&
          callee.object.name === "Atomics";
        if (!isAtomicsWait && !BLOCKING.has(name)) return;
        context.report({ node, message: `"${name}" blocks its thread; only workers may` });
      },
    };
  },
};

const BLOCKING: ReadonlySet<string> = new Set(["epoll_wait", "poll", "select", "nanosleep"]);
