// Cases: opened from the queue by a key, worked on, met by another's change, reported.

import { createHash } from 'node:crypto';
import { check, equal } from '../stage.mjs';

/** The id of the case that is open. @param {import('playwright-core').Page} page */
const idOf = (page) => decodeURIComponent(/\/cases\/([^?]+)/.exec(page.url())?.[1] ?? '');

/** Opens a case from the first alert of the queue. @param {import('../stage.mjs').Stage} stage @param {string} title */
async function open(stage, title) {
  const { page } = stage;
  await stage.queue('?state=any');
  await page.keyboard.press('KeyI');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Title').fill(title);
  await dialog.getByRole('button', { name: 'Open a case' }).click();
  await page
    .getByText(/added to case/)
    .first()
    .waitFor();
  await page.getByRole('link', { name: 'Cases', exact: true }).click();
  await page.getByRole('link', { name: title }).first().click();
  await page.getByRole('heading', { name: title }).waitFor();
  return idOf(page);
}

/** @type {import('../stage.mjs').Case[]} */
export const caseCases = [
  {
    name: 'a case is opened from the queue with i, and keeps tasks, words and evidence',
    async run(stage) {
      const { page } = stage;
      const id = await open(stage, 'Night of the long scans');
      const [alert] = (await stage.api(`/cases/${id}`)).alerts;
      check(alert, 'the alert is in the case');
      await page.getByLabel('New task').fill('Ask the owner of the host');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByLabel('Done: Ask the owner of the host').click();
      await page.locator('.case-list li[data-done]').waitFor();
      await page.getByLabel('Comment').fill('The owner says it was not him');
      await page.getByRole('button', { name: 'Add comment' }).click();
      await page.locator('.history-comment', { hasText: 'not him' }).waitFor();
      const bytes = Buffer.from('Mar  1 00:00:00 web-01 sshd[1]: as it was collected');
      await page.locator('input[type=file]').setInputFiles({
        name: 'auth.log',
        mimeType: 'text/plain',
        buffer: bytes,
      });
      const hash = createHash('sha256').update(bytes).digest('hex');
      await page.getByText(hash).waitFor();
      await page.getByLabel(`Select ${alert.title}`).check();
      await page.getByRole('button', { name: 'Keep as evidence' }).click();
      await page.locator('.case-evidence > li').nth(1).waitFor();
      await page.getByRole('button', { name: 'Who had it' }).first().click();
      await page.locator('.case-custody li').first().waitFor();
      const { items, intact } = await stage.api(`/cases/${id}/history`);
      check(intact, 'the history is whole');
      check(items.length >= 6, `steps ${items.length}`);
    },
  },
  {
    name: 'of two analysts on one case the second sees what the first did',
    async run(stage) {
      const { page } = stage;
      const id = await open(stage, 'Two at once');
      const before = await stage.api(`/cases/${id}`);
      await stage.signedIn().send('PATCH', `/cases/${id}`, before.version, { state: 'in_progress' });
      await page.getByRole('button', { name: 'Assign to me' }).first().click();
      await page.getByText('Somebody changed this case in the meantime').waitFor();
      await page.getByRole('button', { name: 'Make my change anyway' }).click();
      await page.locator('.conflict').waitFor({ state: 'detached' });
      const after = await stage.api(`/cases/${id}`);
      equal(after.state, 'in_progress', 'what the first did');
      check(after.assignee !== null, 'what the second did');
    },
  },
  {
    name: 'closing a case asks how it ended, and the report says it in both languages',
    async run(stage) {
      const { page } = stage;
      const id = await open(stage, 'To be reported');
      await page.getByRole('button', { name: /State/ }).click();
      await page.getByRole('option', { name: 'Closed' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Close the case' }).click();
      await dialog.getByText('Write how it ended.').waitFor();
      await dialog.getByLabel('How it ended').fill('Blocked at the gateway, password changed');
      await dialog.getByRole('button', { name: 'Close the case' }).click();
      await page.locator('.case-resolution').waitFor();
      await page.getByRole('link', { name: 'Report' }).click();
      await page.getByRole('heading', { name: `Report on case ${id}` }).waitFor();
      await page.getByText('Blocked at the gateway').first().waitFor();
      const { items } = await stage.api(`/cases/${id}/history`);
      await page.getByText(items.at(-1).hash).waitFor();
      await page.locator('.report-tools').getByRole('button', { name: 'বাং' }).click();
      await page.getByRole('heading', { name: `${id} ঘটনার প্রতিবেদন` }).waitFor();
      await page.locator('.report-tools').getByRole('button', { name: 'EN' }).click();
      await page.getByRole('heading', { name: `Report on case ${id}` }).waitFor();
    },
  },
];
