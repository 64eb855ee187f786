// Governance: users with their roles, API keys, policies, who is told of alerts, and one’s own sessions.

import { useEffect } from 'react';
import { useI18n, type Key } from '../i18n/i18n';
import { address, usePlace } from '../route/route';
import { useMe } from '../session/session';
import { Link } from '../ui/Link';
import { Channels } from './Channels';
import { Keys } from './Keys';
import { Retention } from './Retention';
import { Roles } from './Roles';
import { Sessions } from './Sessions';
import { Sla } from './Sla';
import { Users } from './Users';

const PARTS = {
  users: { label: 'governance.users', body: Users, needs: ['read_users'] },
  keys: { label: 'governance.keys', body: Keys, needs: null },
  sla: { label: 'governance.sla', body: Sla, needs: null },
  retention: { label: 'retention.title', body: Retention, needs: ['manage_retention', 'read_audit'] },
  notifications: { label: 'channels.title', body: Channels, needs: ['manage_notifications'] },
  roles: { label: 'governance.roles', body: Roles, needs: null },
  sessions: { label: 'governance.sessions', body: Sessions, needs: null },
} as const satisfies Record<
  string,
  { label: Key; body: () => React.ReactNode; needs: readonly string[] | null }
>;

type Part = keyof typeof PARTS;

export function GovernancePage() {
  const { t } = useI18n();
  const { permissions } = useMe();
  const { query } = usePlace();
  const parts = (Object.keys(PARTS) as Part[]).filter((part) => {
    const { needs } = PARTS[part];
    return needs === null || needs.some((each) => permissions.includes(each));
  });
  const asked = new URLSearchParams(query).get('part') as Part | null;
  const part = asked !== null && parts.includes(asked) ? asked : parts[0]!;
  const Body = PARTS[part].body;
  useEffect(() => {
    document.title = t('governance.page', { product: t('common.product') });
  }, [t]);
  return (
    <section className="letters governance" aria-label={t('governance.title')}>
      <h1>{t('governance.title')}</h1>
      <nav className="governance-parts" aria-label={t('governance.parts')}>
        {parts.map((each) => (
          <Link key={each} to={address('/governance', `part=${each}`)} current={each === part}>
            {t(PARTS[each].label)}
          </Link>
        ))}
      </nav>
      <Body />
    </section>
  );
}
