// The bar above every page: where one can go, the language, the person.

import { useState } from 'react';
import { GLOBAL_KEYS } from '../keys/map';
import { useKeys } from '../keys/useKeys';
import { useI18n } from '../i18n/i18n';
import { PAGE_NAMES, PAGES, type PageRow } from '../pages';
import { usePage } from '../route/route';
import { useMe } from '../session/session';
import { Link } from '../ui/Link';
import { Mark } from '../ui/Icon';
import { KeyHelp } from './KeyHelp';
import { LanguageSwitch } from './LanguageSwitch';
import { PersonMenu } from './PersonMenu';

/** The pages that the bar names. */
const NAMED = PAGE_NAMES.flatMap((name) => {
  const row: PageRow = PAGES[name];
  return row.bar ? [{ name, to: `/${row.path}`, ...row.bar }] : [];
});

export function TopBar() {
  const { t } = useI18n();
  const page = usePage();
  const { permissions } = useMe();
  const [help, setHelp] = useState(false);
  useKeys(GLOBAL_KEYS, { help: () => setHelp(true) });
  return (
    <header className="bar">
      <Link to="/alerts" className="brand">
        <Mark />
        <span>{t('common.product')}</span>
      </Link>
      <nav aria-label={t('nav.label')} className="nav">
        {NAMED.filter(({ needs }) => permissions.includes(needs)).map(({ name, to, label }) => (
          <Link key={name} to={to} className="nav-link" current={page?.name === name}>
            {t(label)}
          </Link>
        ))}
      </nav>
      <div className="bar-end">
        <button type="button" className="button button-quiet bar-help" onClick={() => setHelp(true)}>
          <span>{t('help.open')}</span>
          <kbd aria-hidden="true">?</kbd>
        </button>
        <LanguageSwitch />
        <PersonMenu />
      </div>
      {help && <KeyHelp page={page?.name === 'queue' ? 'queue' : 'search'} onClose={() => setHelp(false)} />}
    </header>
  );
}
