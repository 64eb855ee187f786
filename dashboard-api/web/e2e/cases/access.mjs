// Everyone can use it: languages, axe, narrow screens, the policy.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, equal } from '../stage.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LANGUAGES = /** @type {const} */ (['en', 'bn']);
const THEMES = /** @type {const} */ (['light', 'dark']);
const NAMES = { en: 'EN', bn: 'বাং' };

/** @typedef {import('../stage.mjs').Stage} Stage */

/** Each page in the state in which it is used. @type {{ name: string, open: (stage: Stage) => Promise<void> }[]} */
const PAGES = [
  { name: 'queue', open: (stage) => stage.queue('?state=any') },
  { name: 'selection', open: openSelection },
  { name: 'alert', open: openAlert },
  { name: 'closing', open: openClosing },
  { name: 'keys', open: openKeys },
  { name: 'palette', open: openPalette },
  { name: 'search', open: openSearch },
  { name: 'columns', open: openColumns },
  { name: 'live', open: openLive },
  { name: 'preferences', open: openPreferences },
  { name: 'letters', open: openLetters },
  { name: 'table', open: openTable },
  { name: 'audit', open: openAudit },
  { name: 'rules', open: openRules },
  { name: 'rule', open: openRule },
  { name: 'coverage', open: openCoverage },
  { name: 'exceptions', open: openExceptions },
  { name: 'indicators', open: openIndicators },
  { name: 'feed', open: openFeed },
  { name: 'fleet', open: openFleet },
  { name: 'governance', open: (stage) => openGovernance(stage, 'users') },
  { name: 'roles', open: (stage) => openGovernance(stage, 'roles') },
  { name: 'api-keys', open: (stage) => openGovernance(stage, 'keys') },
  { name: 'sessions', open: (stage) => openGovernance(stage, 'sessions') },
  { name: 'sla', open: (stage) => openGovernance(stage, 'sla') },
  { name: 'sla-policy', open: openSla },
  { name: 'retention', open: (stage) => openGovernance(stage, 'retention') },
  { name: 'notifications', open: (stage) => openGovernance(stage, 'notifications') },
  { name: 'channel', open: openChannel },
  { name: 'user', open: openUser },
  { name: 'cases', open: openCases },
  { name: 'case', open: openCase },
  { name: 'report', open: openReport },
  { name: 'measures', open: openMeasures },
  { name: 'entity', open: openEntity },
];

/** @param {Stage} stage */
async function openTable(stage) {
  await stage.go(`/search?from=-30d&q=${encodeURIComponent('| count by source, host')}`);
  await stage.page.locator('.made tbody tr').first().waitFor();
}

/** @param {Stage} stage @param {string} part */
async function openGovernance(stage, part) {
  await stage.go(`/governance?part=${part}`);
  await stage.page.locator('.governance-rows tbody tr, .governance .none').first().waitFor();
}

/** @param {Stage} stage */
async function openSla(stage) {
  await openGovernance(stage, 'sla');
  await stage.page.locator('.governance h3 .button').first().click();
  await stage.page.getByRole('dialog').waitFor();
}

/** @param {Stage} stage */
async function openChannel(stage) {
  await openGovernance(stage, 'notifications');
  await stage.page.locator('.governance-actions .button').click();
  await stage.page.getByRole('dialog').waitFor();
}

/** @param {Stage} stage */
async function openIndicators(stage) {
  await stage.go('/indicators');
  await stage.page.locator('.intel tbody tr').last().waitFor();
}

/** @param {Stage} stage */
async function openFeed(stage) {
  await openIndicators(stage);
  await stage.page.locator('.intel header .button').click();
  await stage.page.getByRole('dialog').waitFor();
}

/** @param {Stage} stage */
async function openColumns(stage) {
  await stage.go('/search?from=-30d&columns=user,src_ip,process');
  await stage.page.locator('.result-line').first().waitFor();
}

/** @param {Stage} stage */
async function openLive(stage) {
  await stage.go('/search?live=yes');
  await stage.page.locator('.tail-state[data-live]').waitFor();
}

/** @param {Stage} stage */
async function openUser(stage) {
  await openGovernance(stage, 'users');
  await stage.page.locator('.governance-rows tbody .button').first().click();
  await stage.page.getByRole('dialog').locator('.grants li').first().waitFor();
}

/** @param {Stage} stage */
async function openRules(stage) {
  await stage.go('/rules');
  await stage.page.locator('.rules-rows tbody tr').first().waitFor();
}

/** @param {Stage} stage */
async function openRule(stage) {
  const { items } = await stage.api('/rules?kind=rule&limit=1');
  await stage.go(`/rules/${encodeURIComponent(items[0].id)}`);
  await stage.page.locator('.editor .cm-content').waitFor();
}

/** @param {Stage} stage */
async function openCoverage(stage) {
  await stage.go('/coverage');
  await stage.page.locator('.cell:not([disabled])').first().waitFor();
}

/** @param {Stage} stage */
async function openFleet(stage) {
  await stage.go('/fleet');
  await stage.page.getByRole('region', { name: /./ }).last().waitFor();
}

/** @param {Stage} stage */
async function openExceptions(stage) {
  await stage.go('/exceptions/new');
  await stage.page.locator('.exception-form textarea').waitFor();
}

/** @param {Stage} stage */
async function openAudit(stage) {
  await stage.go('/audit');
  await stage.page.locator('.audit-rows tbody tr').first().waitFor();
}

/** @param {Stage} stage */
async function openCases(stage) {
  await stage.go('/cases?state=open,in_progress,closed');
  await stage.page.locator('.cases-rows tbody tr').first().waitFor();
}

/** @param {Stage} stage */
async function openCase(stage) {
  const { items } = await stage.api('/cases?limit=1');
  await stage.go(`/cases/${items[0].id}`);
  await stage.page.locator('.history-entry').first().waitFor();
}

/** @param {Stage} stage */
async function openMeasures(stage) {
  await stage.go('/measures');
  await stage.page.locator('.measures tbody tr').first().waitFor();
}

/** @param {Stage} stage */
async function openEntity(stage) {
  const { items } = await stage.api('/alerts?limit=1');
  await stage.go(`/entities/${encodeURIComponent(`host:${items[0].host}`)}`);
  await stage.page.locator('.entity-list li').first().waitFor();
}

/** @param {Stage} stage */
async function openReport(stage) {
  const { items } = await stage.api('/cases?limit=1');
  await stage.go(`/cases/${items[0].id}?report`);
  await stage.page.locator('.report .history-entry').first().waitFor();
}

/** @param {Stage} stage */
async function openSelection(stage) {
  await stage.queue('?state=any');
  await stage.page.keyboard.press('KeyX');
  await stage.page.locator('.bulk').waitFor();
}

/** @param {Stage} stage */
async function openAlert(stage) {
  const { items } = await stage.api('/alerts?limit=1');
  await stage.alert(items[0].id);
  await stage.page.locator('.timeline, .fault').first().waitFor();
}

/** @param {Stage} stage */
async function openClosing(stage) {
  await openAlert(stage);
  await stage.page.keyboard.press('Digit1');
  await stage.page.getByRole('dialog').waitFor();
}

/** @param {Stage} stage */
async function openKeys(stage) {
  await stage.queue('?state=any');
  await stage.page.keyboard.press('Shift+Slash');
  await stage.page.getByRole('dialog').waitFor();
}

/** @param {Stage} stage */
async function openPalette(stage) {
  await stage.queue('?state=any');
  await stage.page.keyboard.press('Control+KeyK');
  await stage.page.getByRole('dialog').getByRole('searchbox').fill('sshd');
  await stage.page.locator('.palette .list-item', { hasText: 'sshd' }).first().waitFor();
}

/** @param {Stage} stage */
async function openSearch(stage) {
  await stage.go('/search?from=-30d');
  await stage.page.locator('.result-line').first().click();
  await stage.page.locator('.result-open .raw').waitFor();
}

/** @param {Stage} stage */
async function openPreferences(stage) {
  await stage.queue('?state=any');
  await stage.page.locator('.person').click();
  await stage.page.locator('.person-menu').waitFor();
}

/** @param {Stage} stage */
async function openLetters(stage) {
  await stage.go('/dead-letters');
  await stage.page.locator('.letters-list, .letters .empty').waitFor();
}

/** @param {Stage} stage @param {'en' | 'bn'} language */
async function speak(stage, language) {
  await stage.queue('?state=any');
  await stage.page.getByRole('button', { name: NAMES[language], exact: true }).click();
  await stage.page.waitForFunction(`document.documentElement.lang === '${language}'`);
}

/** @param {Stage} stage @param {string} where */
async function axe(stage, where) {
  const { page } = stage;
  // Not as a <script>, which the page's policy would refuse.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
  );
  const told = violations.map(
    (/** @type {any} */ each) =>
      `${each.id}: ${each.help}: ${each.nodes
        .slice(0, 3)
        .map((/** @type {any} */ node) => node.html.slice(0, 160))
        .join(' | ')}`,
  );
  check(told.length === 0, `axe on ${where}:\n${told.join('\n')}`);
}

/** @param {Stage} stage @param {string} name */
async function shot(stage, name) {
  const shots = process.env.PROHORI_SHOTS;
  if (shots) await stage.page.screenshot({ path: join(shots, `${name}.png`) });
}

/** @type {import('../stage.mjs').Case[]} */
export const accessCases = [
  {
    name: 'the language changes everywhere at once and is remembered by the account',
    async run(stage) {
      const { page } = stage;
      await speak(stage, 'bn');
      await page.getByRole('link', { name: 'সারি', exact: true }).waitFor();
      await page.getByText('তীব্রতা').first().waitFor();
      check(/সারি/.test(await page.title()), `title ${await page.title()}`);
      // A rule's own Bangla title may have digits of its own.
      const ours = (await page.locator('.cell-age, .cell-count, .counts, .ledger').allInnerTexts()).join(' ');
      check(!/[০-৯]/.test(ours), `Bangla digits without having been asked for: ${ours}`);
      await page.waitForFunction(
        `fetch('/api/v1/me').then((r) => r.json()).then((me) => me.language === 'bn')`,
      );
      await page.reload();
      await page.getByRole('link', { name: 'অনুসন্ধান', exact: true }).waitFor();
    },
  },
  {
    name: 'digits follow the setting, addresses and names do not',
    async run(stage) {
      const { page } = stage;
      await openPreferences(stage);
      await page
        .locator('.preference')
        .filter({ hasText: 'সংখ্যা' })
        .getByRole('button', { name: 'বাংলা' })
        .click();
      await page.keyboard.press('Escape');
      check(/[০-৯]/.test(await page.locator('.ledger').innerText()), 'the ledger has Latin digits');
      check(
        !/[০-৯]/.test((await page.locator('.grid .code').allInnerTexts()).join(' ')),
        'an address in Bangla digits',
      );
      await openPreferences(stage);
      await page
        .locator('.preference')
        .filter({ hasText: 'সংখ্যা' })
        .getByRole('button', { name: 'ইংরেজি' })
        .click();
    },
  },
  {
    name: 'dates follow the calendar that is set, with the date of the logs beside them',
    async run(stage) {
      const { page } = stage;
      const calendar = (/** @type {string} */ name) =>
        page
          .locator('.preference')
          .filter({ hasText: 'বর্ষপঞ্জি' })
          .getByRole('button', { name, exact: true })
          .click();
      await openPreferences(stage);
      await calendar('বাংলা');
      await page.keyboard.press('Escape');
      const title = await page.locator('.grid .row time').first().getAttribute('title');
      const written = /^[0-9]{1,2} [ঀ-৿]+ 14[0-9]{2} \(20[0-9]{2}-[0-9]{2}-[0-9]{2}\) [0-9:.]+ \+06:00$/;
      check(written.test(title ?? ''), `the time is ${title}`);
      await openPreferences(stage);
      await calendar('খ্রিষ্টীয়');
      await page.keyboard.press('Escape');
      const plain = await page.locator('.grid .row time').first().getAttribute('title');
      check(/^20[0-9]{2}-/.test(plain ?? ''), `the time is ${plain}`);
    },
  },
  {
    name: 'what is wrong with a rule is told in Bangla',
    async run(stage) {
      const { page } = stage;
      await stage.go('/rules/new');
      await page
        .locator('.findings li')
        .filter({ hasText: 'title নেই; যোগ করুন কী শনাক্ত হয় তার এক লাইন' })
        .waitFor();
    },
  },
  ...LANGUAGES.flatMap((language) =>
    THEMES.map((theme) => ({
      name: `axe finds nothing on any page, ${language}, ${theme}`,
      /** @param {Stage} stage */
      async run(stage) {
        await speak(stage, language);
        await stage.page.emulateMedia({ colorScheme: theme });
        for (const { name, open } of PAGES) {
          await open(stage);
          await axe(stage, `${name} ${language} ${theme}`);
          await shot(stage, `${name}-${language}-${theme}`);
        }
        await stage.page.emulateMedia({ colorScheme: null });
      },
    })),
  ),
  ...[
    { width: 360, height: 740, what: '360 px wide' },
    { width: 720, height: 450, what: '200 % zoom' },
  ].map(({ width, height, what }) => ({
    name: `every page works at ${what}, nothing is cut off sideways`,
    /** @param {Stage} stage */
    async run(stage) {
      const { page } = stage;
      await page.setViewportSize({ width, height });
      try {
        for (const language of LANGUAGES) {
          await speak(stage, language);
          for (const { name, open } of PAGES.filter((each) => each.name !== 'keys')) {
            await open(stage);
            const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
            check(over <= 0, `${name} ${language} is ${over} px too wide`);
            await axe(stage, `${name} ${language} at ${what}`);
            await shot(stage, `${name}-${language}-${width}`);
          }
        }
        await speak(stage, 'en');
        await openAlert(stage);
        await page.getByRole('button', { name: 'Back to the queue' }).click();
        await page.locator('.grid').waitFor();
      } finally {
        await page.setViewportSize({ width: 1440, height: 900 });
      }
    },
  })),
  {
    name: 'Tab reaches the content first, and every stop shows that it has the focus',
    async run(stage) {
      const { page } = stage;
      await speak(stage, 'en');
      await stage.queue('?state=any');
      await page.keyboard.press('Tab');
      equal(await page.evaluate('document.activeElement.className'), 'skip', 'first stop');
      for (let stop = 0; stop < 25; stop += 1) {
        const seen = await page.evaluate(`(() => {
          const at = document.activeElement;
          const style = getComputedStyle(at);
          return { what: at.outerHTML.slice(0, 90), ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
        })()`);
        const { what, ring } = /** @type {{ what: string, ring: boolean }} */ (seen);
        check(ring || what.startsWith('<body'), `no focus ring on ${what}`);
        await page.keyboard.press('Tab');
      }
    },
  },
  {
    name: 'the policy is strict: no inline script or style, no foreign source',
    async run(stage) {
      const response = await stage.context.request.get(`${stage.url}/`);
      const policy = response.headers()['content-security-policy'] ?? '';
      for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'"]) {
        check(policy.includes(part), `the policy lacks ${part}: ${policy}`);
      }
      check(!/unsafe|https?:|\*/.test(policy), policy);
      const html = await response.text();
      check(
        !/<style|style=|<script(?![^>]*src=)|https?:\/\//.test(html),
        'index.html has something inline or foreign',
      );
    },
  },
];
