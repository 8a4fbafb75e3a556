/** State is a plain object or captured by a function. Classes are for errors only. */
export const noClass: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    const check = (node: Deno.lint.ClassDeclaration | Deno.lint.ClassExpression): void => {
      const { superClass } = node;
      if (superClass?.type === "Identifier" && superClass.name.endsWith("Error")) return;
      context.report({
        node,
        message: "A class that is no Error: use functions and plain objects",
      });
    };
    return { ClassDeclaration: check, ClassExpression: check };
  },
};
