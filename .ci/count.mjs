// Adds up what vitest's JSON reports say and prints the one line that a run ends with, behind what failed: whoever reads the
// end of a long log reads why.
//
//   node count.mjs PASSED FAILED REPORT...        (the first two count what is no test of vitest's)

import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

let [passed, failed] = process.argv.slice(2, 4).map(Number);
for (const file of process.argv.slice(4)) {
  // Without any report the shell leaves its pattern as it is.
  if (file.includes('*')) continue;
  const report = JSON.parse(readFileSync(file, 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  for (const { name, assertionResults } of report.testResults) {
    for (const test of assertionResults.filter(({ status }) => status === 'failed')) {
      console.log(
        `failed: ${relative('.', name)} > ${test.fullName}\n${test.failureMessages.join('\n').slice(0, 2000)}`,
      );
    }
  }
  // A file that fails before its first test counts as one.
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  for (const { name, message } of broken) console.log(`failed: ${relative('.', name)}\n${message}`);
  failed += broken.length;
  if (report.success === false && report.numFailedTests === 0 && broken.length === 0) {
    console.log(`failed: ${file}: an error outside of any test`);
    failed += 1;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
