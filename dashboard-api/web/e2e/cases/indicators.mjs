// Threat indicators from a file to an alert: a feed made, a file looked at and imported, a wrong one withdrawn.

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, equal, until } from '../stage.mjs';

/** A folder whose files the stack's collector tails, as `prohori up --demo` has one: `DATA/in/demo`. */
const TAILED = process.env.PROHORI_IN;

/** Of this run only. */
const RUN = crypto.randomUUID().slice(0, 8);
const FEED = `Findings ${RUN}`;
/** For documentation, so nobody's; the last part differs from run to run. */
const ADDRESS = `198.51.100.${1 + (Number.parseInt(RUN.slice(0, 2), 16) % 250)}`;
const DOMAIN = `c2-${RUN}.example`;
const CSV = `value,confidence,label\nhxxp://${DOMAIN}/gate,90,Loader\n${ADDRESS},95,Scanner\n10.0.0.1,,\nnonsense,,\n`;

/** @param {import('../stage.mjs').Stage} stage @param {string} value */
async function lookUp(stage, value) {
  await stage.page.getByRole('textbox', { name: 'Value' }).fill(value);
  await stage.page.getByRole('button', { name: 'Look up' }).click();
}

/** @type {import('../stage.mjs').Case[]} */
export const indicatorCases = [
  {
    name: 'a file of indicators is looked at, then imported, and found by what an event would show',
    async run(stage) {
      const { page } = stage;
      await stage.go('/indicators');
      await page.getByRole('button', { name: 'New feed' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox', { name: 'Name' }).fill(FEED);
      await dialog.getByRole('textbox', { name: 'Counts for days' }).fill('৩০');
      await dialog.getByRole('button', { name: 'Save' }).click();
      const row = page.getByRole('row').filter({ hasText: FEED });
      await row.getByRole('button', { name: 'Import' }).click();
      const file = { name: 'report.csv', mimeType: 'text/csv', buffer: Buffer.from(CSV) };
      await dialog.locator('input[type=file]').setInputFiles(file);
      await dialog.getByText('The file holds 2 indicators.').waitFor();
      await dialog.getByText('1 left out: private (RFC 1918)').waitFor();
      await dialog.getByText('1 line or object holds none:').waitFor();
      await dialog.getByRole('button', { name: 'Add them' }).click();
      await page.getByText('2 added, 0 removed').waitFor();
      await lookUp(stage, `https://${DOMAIN}/gate?id=1`);
      await page.getByRole('link', { name: `${DOMAIN}/gate` }).waitFor();
      equal(await page.getByRole('link', { name: ADDRESS }).count(), 0, 'others in the list');
      await lookUp(stage, 'nothing.example');
      await page.getByText('No feed lists it.').waitFor();
    },
  },
  {
    name: 'an indicator that is imported raises an alert, and none once it is withdrawn',
    async run(stage) {
      const { page } = stage;
      const seen = async () => {
        const { items } = await stage.api('/alerts?limit=50&order=arrival');
        return items.filter((/** @type {any} */ alert) => JSON.stringify(alert).includes(ADDRESS)).length;
      };
      if (TAILED) {
        let turn = 0;
        await until('the running detector raises the alert', async () => {
          // The detector takes the set over within moments: a line before that is not lost, only not looked at.
          const time = new Date().toISOString().replace('Z', '+00:00');
          turn += 1;
          const line = `${time} web-${RUN}-${turn} sshd[77]: Accepted password for root from ${ADDRESS} port 50022 ssh2`;
          appendFileSync(join(TAILED, 'browser-test.log'), `${line}\n`);
          return (await seen()) > 0;
        });
      }
      await stage.go('/indicators');
      await lookUp(stage, ADDRESS);
      const row = page.getByRole('row').filter({ hasText: ADDRESS });
      await row.getByRole('button', { name: 'Withdraw' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox', { name: 'Why' }).fill('Our own scanner');
      await dialog.getByRole('button', { name: 'Withdraw' }).click();
      await row.getByText('Our own scanner').waitFor();
      await until('the detectors have the set without it', async () => {
        const { published } = await stage.api('/indicator-feeds');
        return published?.indicators === 1;
      });
      await row.getByRole('button', { name: 'Put in force' }).click();
      await row.getByRole('button', { name: 'Withdraw' }).waitFor();
    },
  },
  {
    name: 'what cannot be an indicator is said, and nothing is added',
    async run(stage) {
      const { page } = stage;
      await stage.go('/indicators');
      const row = page.getByRole('row').filter({ hasText: FEED }).first();
      await row.getByRole('button', { name: 'Add' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox', { name: 'Indicators' }).fill(`ok-${RUN}.example\n192.168.1.1`);
      await dialog.getByRole('button', { name: 'Add 2 indicators' }).click();
      await dialog.getByText('192.168.1.1 is no address').waitFor();
      await dialog.getByRole('textbox', { name: 'Indicators' }).fill(`ok-${RUN}[.]example`);
      await dialog.getByRole('button', { name: 'Add 1 indicator' }).click();
      await page.getByText('1 indicator added').waitFor();
      const { items } = await stage.api(`/indicators?value=a.ok-${RUN}.example`);
      check(items.length === 1 && items[0].feed_name === FEED, JSON.stringify(items));
    },
  },
];
