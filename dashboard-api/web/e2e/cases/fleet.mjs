// The fleet: who is heard, whether the counts add up, what became no event.

import { until } from '../stage.mjs';

/** @type {import('../stage.mjs').Case[]} */
export const fleetCases = [
  {
    name: 'the fleet shows every collector of the API, and a collector its streams',
    async run(stage) {
      const { page } = stage;
      // A collector that follows nothing has no streams: this machine's own, where it keeps no logs. Of another
      // the next heartbeat tells.
      const { items, busy } = await until('a collector has streams', async () => {
        const { items } = await stage.api('/collectors');
        const busy = items.find((/** @type {{ streams: number }} */ each) => each.streams > 0);
        return busy && { items, busy };
      });
      await stage.go('/fleet');
      await page.getByRole('heading', { name: 'The counts' }).waitFor();
      await page
        .locator('.fleet tbody tr')
        .nth(items.length - 1)
        .waitFor();
      const row = page
        .locator('.fleet tbody tr')
        .filter({ has: page.getByText(busy.agency, { exact: true }) });
      await row
        .getByRole('button', { name: busy.host ?? busy.id })
        .first()
        .click();
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
