//! Pieces of TypeScript, formatted as `deno fmt` does.

/// Columns of a line.
pub const WIDTH: usize = 100;

/// The first line of a generated file.
pub fn head(source: &str) -> String {
    format!("// Generated from {source} by `deno task generate`. Do not edit.\n")
}

/// A JSDoc comment of lines, each of which may begin with a blank.
pub fn jsdoc<'a>(indent: usize, lines: impl IntoIterator<Item = &'a str>) -> String {
    let lines: Vec<&str> = lines
        .into_iter()
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    let margin = " ".repeat(indent);
    if let [line] = lines[..] {
        let text = format!("{margin}/** {line} */\n");
        if text.len() <= WIDTH {
            return text;
        }
    }
    let body: String = lines
        .iter()
        .map(|line| format!("{margin} * {line}").trim_end().to_owned() + "\n")
        .collect();
    format!("{margin}/**\n{body}{margin} */\n")
}

/// `before(parameters)after` on one line, or with a line for each parameter.
pub fn call(before: &str, parameters: &[String], after: &str) -> String {
    let line = format!("{before}({}){after}\n", parameters.join(", "));
    if line.len() <= WIDTH + 1 {
        return line;
    }
    let margin = " ".repeat(before.len() - before.trim_start().len());
    let body: String = parameters
        .iter()
        .map(|parameter| format!("{margin}  {parameter},\n"))
        .collect();
    format!("{before}(\n{body}{margin}){after}\n")
}

/// `a_name` as `aName`; an underscore in front goes.
pub fn camel_case(name: &str) -> String {
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut out, word| {
        let (head, rest) = word.split_at(1);
        out.push_str(&head.to_uppercase());
        out.push_str(rest);
        out
    })
}

/// Decimal with digit groups from five digits on.
pub fn grouped(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::from(if value < 0 { "-" } else { "" });
    if digits.len() < 5 {
        return out + &digits;
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}
