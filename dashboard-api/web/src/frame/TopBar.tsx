// The bar above every page: where one can go, the language, the person.

import { useState } from 'react';
import { GLOBAL_KEYS } from '../keys/map';
import { useKeys } from '../keys/useKeys';
import { useI18n, type Key } from '../i18n/i18n';
import { usePage } from '../route/route';
import { useMe } from '../session/session';
import { Link } from '../ui/Link';
import { Mark } from '../ui/Icon';
import { KeyHelp } from './KeyHelp';
import { LanguageSwitch } from './LanguageSwitch';
import { PersonMenu } from './PersonMenu';

/** Each page is shown to those who may use it. */
const PAGES: readonly { name: 'queue' | 'search' | 'audit'; to: string; label: Key; needs: string }[] = [
  { name: 'queue', to: '/alerts', label: 'nav.queue', needs: 'read_alerts' },
  { name: 'search', to: '/search', label: 'nav.search', needs: 'read_events' },
  { name: 'audit', to: '/audit', label: 'nav.audit', needs: 'read_audit' },
];

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
        {PAGES.filter(({ needs }) => permissions.includes(needs)).map(({ name, to, label }) => (
          <Link key={name} to={to} className="nav-link" current={page.name === name}>
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
      {help && <KeyHelp page={page.name === 'queue' ? 'queue' : 'search'} onClose={() => setHelp(false)} />}
    </header>
  );
}
