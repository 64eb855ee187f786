// The bar above every page: where one can go, the language, the person.

import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { GLOBAL_KEYS } from '../keys/map';
import { useKeys } from '../keys/useKeys';
import { useI18n, withWords } from '../i18n/i18n';
import { PAGE_NAMES, PAGES, type PageRow } from '../pages';
import { usePage } from '../route/route';
import { useMe } from '../session/session';
import { Link } from '../ui/Link';
import { Button } from '../ui/Button';
import { Mark } from '../ui/Icon';
import { LanguageSwitch } from './LanguageSwitch';
import { PersonMenu } from './PersonMenu';

/** The pages that the bar names. */
const NAMED = PAGE_NAMES.flatMap((name) => {
  const row: PageRow = PAGES[name];
  return row.bar ? [{ name, to: `/${row.path}`, ...row.bar }] : [];
});

/** Not needed for the first paint. */
const KeyHelp = lazy(() => import('./KeyHelp'));
const Palette = lazy(() => withWords('palette', () => import('../palette/Palette')));

type Open = 'help' | 'palette' | null;

export function TopBar() {
  const { t } = useI18n();
  const page = usePage();
  const { permissions } = useMe();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const row: PageRow | null = page && PAGES[page.name];
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [page?.name]);
  useKeys(GLOBAL_KEYS, { help: () => setOpen('help'), palette: () => setOpen('palette') });
  return (
    <header className="bar">
      <Link to="/alerts" className="brand">
        <Mark />
        <span>{t('common.product')}</span>
      </Link>
      <nav ref={nav} aria-label={t('nav.label')} className="nav">
        {NAMED.filter(({ needs }) => permissions.includes(needs)).map(({ name, to, label }) => (
          <Link key={name} to={to} className="nav-link" current={page?.name === name || row?.under === name}>
            {t(label)}
          </Link>
        ))}
      </nav>
      <div className="bar-end">
        <span className="bar-help">
          <Button
            kind="quiet"
            icon="search"
            shortcut={GLOBAL_KEYS.palette}
            onPress={() => setOpen('palette')}
          >
            {t('keys.palette')}
          </Button>
          <Button kind="quiet" shortcut={GLOBAL_KEYS.help} onPress={() => setOpen('help')}>
            {t('help.open')}
          </Button>
        </span>
        <LanguageSwitch />
        <PersonMenu />
      </div>
      <Suspense fallback={null}>
        {open === 'help' && <KeyHelp names={row?.keys ?? []} onClose={close} />}
        {open === 'palette' && <Palette onClose={close} />}
      </Suspense>
    </header>
  );
}
