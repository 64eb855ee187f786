// Going by name, and keys put elsewhere.

import { check, equal } from '../stage.mjs';

/** @type {import('../stage.mjs').Case[]} */
export const keysCases = [
  {
    name: 'Ctrl-K goes to a page by its name, also while one types',
    async run(stage) {
      const { page } = stage;
      await stage.queue('?state=any');
      await page.keyboard.press('Slash');
      await page.keyboard.press('Control+KeyK');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.type('search');
      await page.getByRole('menuitem', { name: 'Go to Search' }).waitFor();
      // What is typed can be looked for as well, but Enter goes to the page.
      await page.getByRole('menuitem', { name: 'Search events for “search”' }).waitFor();
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/search$/);
    },
  },
  {
    name: 'Ctrl-K opens an alert by its id',
    async run(stage) {
      const { page } = stage;
      const { items } = await stage.api('/alerts?limit=1');
      await stage.queue('?state=any');
      await page.keyboard.press('Control+KeyK');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.type(items[0].id);
      await page.getByRole('menuitem', { name: `Open alert ${items[0].id}` }).click();
      await page.waitForURL(new RegExp(`/alerts/${items[0].id}$`));
    },
  },
  {
    name: 'a key is put elsewhere, a key that is taken is refused, and all go back',
    async run(stage) {
      const { page } = stage;
      await stage.queue('?state=any');
      await page.keyboard.press('Shift+Slash');
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: /^Next alert: j/ }).click();
      await page.keyboard.press('KeyK');
      await dialog.getByText(/k is already/).waitFor();
      await page.keyboard.press('KeyZ');
      await dialog.getByRole('button', { name: /^Next alert: z/ }).waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await page.keyboard.press('KeyZ');
      equal(await page.evaluate('document.activeElement.dataset.index'), '1', 'row after the new key');
      await page.keyboard.press('KeyJ');
      equal(await page.evaluate('document.activeElement.dataset.index'), '1', 'row after the old key');
      await page.keyboard.press('Shift+Slash');
      await dialog.getByRole('button', { name: 'All keys as they were' }).click();
      check(await dialog.getByRole('button', { name: /^Next alert: j/ }).isVisible(), 'j is back');
      await page.keyboard.press('Escape');
    },
  },
];
