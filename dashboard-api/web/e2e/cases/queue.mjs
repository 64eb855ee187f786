// The queue: rows, filters, keys, what waits.

import { check, equal } from '../stage.mjs';

/** @param {import('playwright-core').Page} page */
const rows = (page) => page.locator('.grid-body [role=row]');

/** @type {import('../stage.mjs').Case[]} */
export const queueCases = [
  {
    name: 'the queue shows what the API says, newest first',
    async run(stage) {
      await stage.queue('?state=any');
      const { items } = await stage.api('/alerts?limit=5');
      for (const [index, alert] of items.entries()) {
        const row = stage.page.locator(`[role=row][data-index="${index}"]`);
        const text = await row.innerText();
        for (const part of [
          alert.title,
          alert.host,
          alert.agency,
          `×${alert.event_count.toLocaleString('en')}`,
        ]) {
          check(text.includes(part), `row ${index} lacks ${part}: ${text}`);
        }
        const word = ['', 'Info', 'Low', 'Medium', 'High', 'Critical', 'Critical'][Number(alert.severity_id)];
        check(text.includes(String(word)), `row ${index} lacks the severity ${word}`);
        equal(await row.locator('.severity svg path').count(), 1, 'shapes of severity');
        const title = await row.locator('time').getAttribute('title');
        check(title?.endsWith('+06:00'), `the exact time lacks its offset: ${title}`);
      }
    },
  },
  {
    name: 'one row is in the tab order, and j and k walk',
    async run(stage) {
      const { page } = stage;
      await page.goto(`${stage.url}/alerts?state=any`);
      await rows(page).first().waitFor();
      equal(await page.locator('.grid-body [role=row][tabindex="0"]').count(), 1, 'rows in the tab order');
      await page.keyboard.press('KeyJ');
      equal(await page.evaluate('document.activeElement.dataset.index'), '1', 'row with the focus');
      await page.keyboard.press('KeyK');
      equal(await page.evaluate('document.activeElement.dataset.index'), '0', 'row with the focus');
      await page.keyboard.press('ArrowDown');
      equal(await page.evaluate('document.activeElement.dataset.index'), '1', 'row with the focus');
      await page.keyboard.press('Home');
      equal(await page.evaluate('document.activeElement.dataset.index'), '0', 'row with the focus');
    },
  },
  {
    name: 'filters stand in the address, and an address is a filter',
    async run(stage) {
      const { page } = stage;
      await stage.queue('?state=any');
      await page.getByRole('button', { name: /Severity/ }).click();
      await page.getByRole('option', { name: 'High and above' }).click();
      await page.waitForURL(/severity=4/);
      await page.locator('.grid:not([data-stale])').waitFor();
      const words = await page.locator('.grid-body .severity-word').allInnerTexts();
      check(
        words.every((word) => ['High', 'Critical'].includes(word)),
        `also shown: ${words.join(', ')}`,
      );
      const { items } = await stage.api('/alerts?limit=1');
      await stage.queue(`?state=any&host=${encodeURIComponent(items[0].host)}`);
      const hosts = await page.locator('.grid-body .cell-host').allInnerTexts();
      check(
        hosts.every((host) => host === items[0].host),
        `also shown: ${hosts.join(', ')}`,
      );
      await page.getByRole('button', { name: /Remove filter host/ }).click();
      await page.waitForURL((url) => !url.search.includes('host='));
    },
  },
  {
    name: 'nothing found says why and where the rest is',
    async run(stage) {
      const { page } = stage;
      await page.goto(`${stage.url}/alerts?q=there-is-no-such-text-anywhere`);
      await page.getByText('No alerts match').waitFor();
      await page.getByRole('button', { name: 'Show everything open' }).click();
      await page.waitForURL((url) => url.search === '');
    },
  },
  {
    name: 'a view is saved under a name, used, and removed',
    async run(stage) {
      const { page } = stage;
      await stage.queue('?state=any&severity=2');
      await page.getByRole('button', { name: 'Save view' }).click();
      await page.getByLabel('Name of the view').fill('Not only noise');
      await page.getByRole('dialog').getByRole('button', { name: 'Save view' }).click();
      await stage.queue();
      await page.getByRole('link', { name: 'Not only noise' }).click();
      await page.waitForURL(/severity=2/);
      await page.getByRole('button', { name: 'Remove view Not only noise' }).click();
      await page.getByRole('link', { name: 'Not only noise' }).waitFor({ state: 'detached' });
    },
  },
  {
    name: 'the ledger is in sight and says what the API says',
    async run(stage) {
      const { page } = stage;
      await stage.queue('?state=any');
      const verdict = page.locator('.ledger-verdict');
      await verdict.waitFor();
      const ledger = await stage.api('/ledger');
      equal(
        await verdict.innerText(),
        ledger.adds_up ? 'The counts add up' : 'The counts do not add up',
        'verdict',
      );
      check(
        /received .* = stored .* \+ dead letters/.test(await page.locator('.ledger-sum').innerText()),
        'no sum',
      );
    },
  },
  {
    name: 'the question mark lists every key of the page',
    async run(stage) {
      await stage.queue('?state=any');
      await stage.page.keyboard.press('Shift+Slash');
      const dialog = stage.page.getByRole('dialog', { name: 'Keys of this page' });
      await dialog.waitFor();
      for (const words of ['Next alert', 'Assign to me', 'Close as true positive', 'Undo']) {
        await dialog.getByText(words).first().waitFor();
      }
      await stage.page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    },
  },
  {
    name: '/lite shows the queue and an alert without scripts, in less than 30 KB',
    async run(stage) {
      const context = await stage.browser.newContext({ javaScriptEnabled: false });
      try {
        await context.addCookies(await stage.context.cookies());
        const page = await context.newPage();
        await page.goto(`${stage.url}/lite`);
        const style = await (await context.request.get(`${stage.url}/lite/style.css`)).body();
        const bytes = Buffer.byteLength(await page.content()) + style.length;
        check(bytes < 30_000, `${bytes} bytes`);
        await page.locator('ol a').first().click();
        await page.waitForURL(/\/lite\/alerts\//);
        await page.locator('pre').first().waitFor();
        const taken = page.locator('button[value=acknowledge]');
        if (await taken.count()) {
          await taken.click();
          await page.getByRole('status').waitFor();
        }
      } finally {
        await context.close();
      }
    },
  },
];
