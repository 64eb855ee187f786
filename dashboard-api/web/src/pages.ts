// Every page: its address, its file, its name in the bar, and the permission that shows it there.

import type { ComponentType } from 'react';
import { withWords, type Key } from './i18n/i18n';
import type { SheetName } from './keys/sheets';

export interface PageProps {
  /** What the address names behind the page's own: an alert, a case, …; none on the page itself. */
  id: string | null;
}

export interface PageRow {
  /** The page itself is at `/<path>`, one thing of it at `/<path>/<id>`. */
  path: string;
  /** Each page is a file of its own, loaded when it is gone to, with its room's words. */
  load: () => Promise<{ default: ComponentType<PageProps> }>;
  /** The keys it has beside those that work everywhere. */
  keys?: readonly SheetName[];
  /** Its name in the bar above and the permission that it takes; none: reached from elsewhere. */
  bar?: { label: Key; needs: string };
  /** The page of the bar that it belongs to. */
  under?: string;
}

/** In the order of the bar. The first is where everybody begins. */
export const PAGES = {
  queue: {
    path: 'alerts',
    load: () => import('./queue/QueuePage').then(({ QueuePage }) => ({ default: QueuePage })),
    keys: ['queue', 'alert', 'event'],
    bar: { label: 'nav.queue', needs: 'read_alerts' },
  },
  search: {
    path: 'search',
    load: () => import('./search/SearchPage').then(({ SearchPage }) => ({ default: SearchPage })),
    keys: ['search', 'event'],
    bar: { label: 'nav.search', needs: 'read_events' },
  },
  rules: {
    path: 'rules',
    load: () =>
      withWords('rules', () => import('./rules/RulesPage').then(({ RulesPage }) => ({ default: RulesPage }))),
    bar: { label: 'nav.rules', needs: 'read_rules' },
  },
  coverage: {
    path: 'coverage',
    load: () =>
      withWords('rules', () =>
        import('./rules/CoveragePage').then(({ CoveragePage }) => ({ default: CoveragePage })),
      ),
    bar: { label: 'nav.coverage', needs: 'read_rules' },
  },
  exceptions: {
    path: 'exceptions',
    under: 'rules',
    load: () =>
      withWords('rules', () =>
        import('./rules/ExceptionsPage').then(({ ExceptionsPage }) => ({ default: ExceptionsPage })),
      ),
  },
  indicators: {
    path: 'indicators',
    load: () =>
      withWords('intel', () =>
        import('./intel/IndicatorsPage').then(({ IndicatorsPage }) => ({ default: IndicatorsPage })),
      ),
    bar: { label: 'nav.indicators', needs: 'read_alerts' },
  },
  fleet: {
    path: 'fleet',
    load: () =>
      withWords('letters', () =>
        withWords('fleet', () =>
          import('./fleet/FleetPage').then(({ FleetPage }) => ({ default: FleetPage })),
        ),
      ),
    bar: { label: 'nav.fleet', needs: 'read_collectors' },
  },
  cases: {
    path: 'cases',
    load: () =>
      withWords('cases', () => import('./cases/CasesPage').then(({ CasesPage }) => ({ default: CasesPage }))),
    bar: { label: 'nav.cases', needs: 'read_cases' },
  },
  measures: {
    path: 'measures',
    load: () =>
      withWords('measures', () =>
        import('./measures/MeasuresPage').then(({ MeasuresPage }) => ({ default: MeasuresPage })),
      ),
    bar: { label: 'nav.measures', needs: 'read_alerts' },
  },
  entity: {
    path: 'entities',
    load: () =>
      withWords('entity', () =>
        import('./entity/EntityPage').then(({ EntityPage }) => ({ default: EntityPage })),
      ),
  },
  letters: {
    path: 'dead-letters',
    under: 'fleet',
    load: () =>
      withWords('letters', () =>
        import('./letters/LettersPage').then(({ LettersPage }) => ({ default: LettersPage })),
      ),
  },
  audit: {
    path: 'audit',
    load: () =>
      withWords('audit', () => import('./audit/AuditPage').then(({ AuditPage }) => ({ default: AuditPage }))),
    bar: { label: 'nav.audit', needs: 'read_audit' },
  },
  governance: {
    path: 'governance',
    load: () =>
      withWords('governance', () =>
        import('./governance/GovernancePage').then(({ GovernancePage }) => ({ default: GovernancePage })),
      ),
    bar: { label: 'nav.governance', needs: 'read_users' },
  },
} as const satisfies Record<string, PageRow>;

export type PageName = keyof typeof PAGES;

export const PAGE_NAMES = Object.keys(PAGES) as PageName[];
