// The fleet: who is heard, whether the counts add up, what became no event.

import { check } from '../stage.mjs';

/** @type {import('../stage.mjs').Case[]} */
export const fleetCases = [
  {
    name: 'the fleet shows every collector of the API, and a collector its streams',
    async run(stage) {
      const { page } = stage;
      await stage.go('/fleet');
      await page.getByRole('heading', { name: 'The counts' }).waitFor();
      const { items } = await stage.api('/collectors');
      check(items.length > 0, 'no collector was heard');
      await page
        .locator('.fleet tbody tr')
        .nth(items.length - 1)
        .waitFor();
      await page.locator('.fleet tbody .link').first().click();
      await page.getByRole('dialog').locator('tbody tr').first().waitFor();
      await page.keyboard.press('Escape');
    },
  },
  {
    name: 'dead letters stand by reason, and it is told what would be sent again',
    async run(stage) {
      const { page } = stage;
      await stage.go('/fleet');
      const { items } = await stage.api('/dead-letters/reasons');
      const letters = page.getByRole('region', { name: 'Dead letters by reason' });
      await letters.waitFor();
      if (items.length === 0) await page.getByText('every record became an event').waitFor();
      else {
        await letters.getByRole('button', { name: 'Send again' }).first().click();
        await page.getByText(/would be sent again/).waitFor();
        await page.keyboard.press('Escape');
      }
    },
  },
];
