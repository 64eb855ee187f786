// A rule from its first word to its first alert: written, tried, kept, shipped, excepted.

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, equal, until } from '../stage.mjs';

/** A folder whose files the stack's collector tails, as `prohori up --demo` has one: `DATA/in/demo`. */
const TAILED = process.env.PROHORI_IN;

/** One of this run only. */
const ID = crypto.randomUUID();
const MARK = `probe-${ID.slice(0, 8)}`;

const rule = (/** @type {string} */ modifier) => `title: Browser test probe
id: ${ID}
status: experimental
description: A line that only the browser test writes.
author: browser test
date: 2026-11-26
tags:
    - attack.execution
    - attack.t1059.004
logsource:
    product: linux
    service: sudo
detection:
    selection:
        message|${modifier}: 'COMMAND=/usr/bin/${MARK}'
    condition: selection
falsepositives:
    - None
level: medium
`;

/** @param {number} [seconds] */
function line(seconds = 0) {
  const time = new Date(Date.now() + seconds * 1000).toISOString().replace('Z', '+00:00');
  return `${time} web-07 sudo[812]:   rahim : TTY=pts/0 ; PWD=/home/rahim ; USER=root ; COMMAND=/usr/bin/${MARK}`;
}

/** @param {import('../stage.mjs').Stage} stage @param {string} text */
async function write(stage, text) {
  await stage.page.locator('.editor .cm-content').click();
  await stage.page.keyboard.press('Control+A');
  await stage.page.keyboard.insertText(text);
}

/** @type {import('../stage.mjs').Case[]} */
export const rulesCases = [
  {
    name: 'the list shows every rule in force, and finds one by its words',
    async run(stage) {
      const { page } = stage;
      await stage.go('/rules');
      await page.locator('.rules-rows tbody tr').first().waitFor();
      const { total } = await stage.api('/rules?kind=rule');
      await page.getByText(`${total} rules`).waitFor();
      check(total > 100, `only ${total} rules`);
      await page.getByRole('textbox', { name: 'Title, id, log source or tag' }).fill('shadow');
      await page.keyboard.press('Enter');
      await page.waitForURL((url) => url.searchParams.get('q') === 'shadow');
      const found = await stage.api('/rules?kind=rule&q=shadow');
      await page.getByText(`${found.total} rule`).waitFor();
    },
  },
  {
    name: 'a mistake is marked at its place as one types, and listed in words',
    async run(stage) {
      const { page } = stage;
      await stage.go('/rules/new');
      await page.locator('.editor .cm-content').waitFor();
      await write(stage, rule('contain'));
      const finding = page.locator('.findings li').filter({ hasText: 'unknown modifier' });
      await finding.waitFor();
      check(
        (await finding.innerText()).includes('15:'),
        `the place is missing: ${await finding.innerText()}`,
      );
      await page.locator('.editor .cm-lintRange-error').first().waitFor();
    },
  },
  {
    name: 'a rule is tried on its lines, kept as a draft and changed',
    async run(stage) {
      const { page } = stage;
      await write(stage, rule('contains'));
      await page.locator('.findings li').filter({ hasText: 'Error' }).waitFor({ state: 'detached' });
      await page.getByLabel('Lines on which it must fire').fill(line());
      await page.getByLabel('Lines on which it must not fire').fill(line().replace(MARK, 'id'));
      await page.getByRole('button', { name: 'Run the tests' }).click();
      await page.getByText('2 lines, all as expected').waitFor();
      await page.getByRole('button', { name: 'Save as a draft' }).click();
      await page.waitForURL(`**/rules/${ID}`);
      const kept = await stage.api(`/rules/${ID}`);
      equal(kept.stage, 'draft', 'stage');
      await write(stage, rule('contains').replace('level: medium', 'level: high'));
      await page.getByLabel('What was changed, and why').fill('louder');
      await page.getByRole('button', { name: 'Save as a new version' }).click();
      await page.getByText('Version 2 saved').waitFor();
      await page.getByRole('tab', { name: 'History' }).click();
      await page.getByRole('button', { name: 'What changed' }).first().click();
      await page.locator('.diff-new').filter({ hasText: 'level: high' }).waitFor();
    },
  },
  {
    name: 'as a canary it raises an alert by the running detector, as active it waits for two others',
    async run(stage) {
      const { page } = stage;
      const before = await stage.api('/ruleset');
      await page.getByRole('button', { name: 'Change the stage' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: /Stage/ }).click();
      await page.getByRole('option', { name: 'Canary' }).click();
      await dialog.getByLabel('Agencies').fill('mof');
      await dialog.getByRole('button', { name: 'Ship' }).click();
      await page.locator('.rule-facts .stage-canary').waitFor();
      await until('the detectors get another set', async () => {
        const { published } = await stage.api('/ruleset');
        return published.version !== before.published.version;
      });
      if (TAILED) {
        const rows = await until('the running detector raises the alert', async () => {
          // The detector takes the set over within moments: a line before that is not lost, only not looked at.
          appendFileSync(join(TAILED, 'browser-test.log'), `${line()}\n`);
          const { items } = await stage.api(`/alerts?rule=${ID}&limit=1`);
          return items.length > 0 && items;
        });
        equal(rows[0].agency, 'mof', 'agency of the alert');
      }
      await page.getByRole('button', { name: 'Change the stage' }).click();
      await dialog.getByRole('button', { name: 'Ship' }).click();
      await page.getByText('0 of 2 have agreed').waitFor();
      equal((await stage.api(`/rules/${ID}`)).stage, 'canary', 'stage until others agree');
      await page.getByRole('button', { name: 'Take back' }).click();
      await page.getByText('0 of 2 have agreed').waitFor({ state: 'detached' });
    },
  },
  {
    name: 'an exception made from an alert tells what it would have hidden',
    async run(stage) {
      const { page } = stage;
      const { items } = await stage.api('/alerts?limit=1&state=new,acknowledged,in_progress,closed');
      await stage.alert(items[0].id);
      await page.getByRole('button', { name: 'Except', exact: true }).click();
      await page.waitForURL('**/exceptions/new?**');
      const box = page.getByLabel('Sigma Filter (YAML)');
      await box.waitFor();
      check((await box.inputValue()).includes(items[0].rule_id), 'the rule is not in the exception');
      await page.getByRole('button', { name: 'What would it have hidden?' }).click();
      await page.getByText(/alerts? would have been hidden/).waitFor();
    },
  },
  {
    name: 'coverage is a matrix with a table twin, and leads to the rules',
    async run(stage) {
      const { page } = stage;
      await stage.go('/coverage');
      await page.locator('.cell:not([disabled])').first().waitFor();
      const coverage = await stage.api('/coverage/attack');
      const covered = coverage.tactics
        .flatMap((/** @type {any} */ tactic) => tactic.techniques)
        .filter((/** @type {any} */ technique) => technique.rules > 0).length;
      equal(await page.locator('.cell:not([disabled])').count(), covered, 'techniques with rules');
      await page.getByRole('button', { name: 'Table', exact: true }).click();
      await page.getByLabel('Only techniques with rules').check();
      equal(await page.locator('.coverage tbody tr').count(), covered, 'rows of the table');
      await page.locator('.coverage tbody .link').first().click();
      await page.getByRole('dialog').getByRole('link').first().click();
      await page.waitForURL('**/rules/*');
    },
  },
];
