// Runs the browser tests against a running stack.
//
//   PROHORI_URL=http://127.0.0.1:8088 PROHORI_TOKEN=... npm run e2e
//
// PROHORI_IN is a folder that the stack's collector tails (DATA/in/demo): with it a rule is followed to its alert.
// PROHORI_TOKEN is a one-time sign-in; on a stack where it has been used already, give PROHORI_USER and
// PROHORI_PASSWORD instead. Screenshots of failures, and of every page, go to PROHORI_SHOTS (default: none).

import { join } from 'node:path';
import { accessCases } from './cases/access.mjs';
import { alertCases } from './cases/alert.mjs';
import { governanceCases } from './cases/governance.mjs';
import { indicatorCases } from './cases/indicators.mjs';
import { keysCases } from './cases/keys.mjs';
import { fleetCases } from './cases/fleet.mjs';
import { caseCases } from './cases/cases.mjs';
import { providerCases } from './cases/provider.mjs';
import { queueCases } from './cases/queue.mjs';
import { rulesCases } from './cases/rules.mjs';
import { searchCases } from './cases/search.mjs';
import { sessionCases } from './cases/session.mjs';
import { Stage } from './stage.mjs';

const url = process.env.PROHORI_URL;
if (!url) {
  process.stderr.write('PROHORI_URL is not set: start the stack with `prohori up` and give its address\n');
  process.exit(2);
}

const stage = await Stage.open(url.replace(/\/$/, ''));
/** In this order: the first signs in for all, the last signs out. */
const cases = [
  ...sessionCases.begin,
  ...queueCases,
  ...keysCases,
  ...alertCases,
  ...caseCases,
  ...searchCases,
  ...rulesCases,
  ...indicatorCases,
  ...fleetCases,
  ...governanceCases,
  ...providerCases,
  ...accessCases,
  ...sessionCases.end,
];

let passed = 0;
let failed = 0;
/** What went wrong, said once more at the end, where it is found. */
const faults = [];
for (const { name, run } of cases) {
  const begun = Date.now();
  try {
    await run(stage);
    const complaints = stage.takeComplaints();
    if (complaints.length > 0) throw new Error(`the browser complained: ${complaints.join('; ')}`);
    passed += 1;
    process.stdout.write(`ok      ${name} (${Date.now() - begun} ms)\n`);
  } catch (error) {
    failed += 1;
    const { stack } = /** @type {Error} */ (error);
    const fault = `FAILED  ${name}\n        ${stack?.replaceAll('\n', '\n        ')}\n`;
    process.stdout.write(fault);
    faults.push(fault);
    const shots = process.env.PROHORI_SHOTS;
    if (shots) await stage.page.screenshot({ path: join(shots, `failed-${failed}.png`) }).catch(() => {});
    stage.takeComplaints();
    await stage.fresh().catch(() => {});
  }
}
await stage.close();
process.stdout.write(`${faults.join('')}${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
